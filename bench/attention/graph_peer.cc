#include "graph_peer.h"

#include <omp.h>

#include <cmath>
#include <memory>
#include <oneapi/dnnl/dnnl_graph.hpp>

namespace attune::bench {

namespace {

using dnnl::graph::graph;
using dnnl::graph::logical_tensor;
using dnnl::graph::op;
using dnnl::graph::tensor;

logical_tensor row_major(std::size_t id, const logical_tensor::dims& shape) {
  return {id, logical_tensor::data_type::f32, shape, logical_tensor::layout_type::strided};
}

struct FusedAttention {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::vector<float> query, key, value, output;
  float scale = 1;
  dnnl::graph::compiled_partition compiled;
  std::vector<tensor> inputs, outputs;
};

}  // namespace

std::function<void()> onednn_graph_attention(const Shape& s) {
  omp_set_num_threads(1);
  auto state = std::make_shared<FusedAttention>();
  const logical_tensor q = row_major(0, {1, s.heads, s.queries, s.width});
  const logical_tensor k = row_major(1, {1, s.heads, s.keys, s.width});
  const logical_tensor score = row_major(2, {1, s.heads, s.queries, s.keys});
  const logical_tensor scale = row_major(3, {1});
  const logical_tensor scaled = row_major(4, {1, s.heads, s.queries, s.keys});
  const logical_tensor weights = row_major(5, {1, s.heads, s.queries, s.keys});
  const logical_tensor v = row_major(6, {1, s.heads, s.keys, s.width});
  const logical_tensor o = row_major(7, {1, s.heads, s.queries, s.width});

  op qk(0, op::kind::MatMul, {q, k}, {score}, "qk");
  qk.set_attr<bool>(op::attr::transpose_b, true);
  op multiply(1, op::kind::Multiply, {score, scale}, {scaled}, "scale");
  op softmax(2, op::kind::SoftMax, {scaled}, {weights}, "softmax");
  softmax.set_attr<std::int64_t>(op::attr::axis, -1);
  op attend(3, op::kind::MatMul, {weights, v}, {o}, "attend");
  graph whole(dnnl::engine::kind::cpu);
  for (op* step : {&qk, &multiply, &softmax, &attend}) whole.add_op(*step);
  whole.finalize();
  const auto partitions = whole.get_partitions();
  if (partitions.size() != 1 || !partitions.front().is_supported()) return {};

  const std::vector<logical_tensor> inputs = partitions.front().get_input_ports();
  state->compiled = partitions.front().compile(inputs, {o}, state->engine);
  state->query = normal_numbers(s.heads * s.queries * s.width, 1);
  state->key = normal_numbers(s.heads * s.keys * s.width, 2);
  state->value = normal_numbers(s.heads * s.keys * s.width, 3);
  state->output.resize(state->query.size());
  state->scale = 1 / std::sqrt(static_cast<float>(s.width));
  for (const logical_tensor& port : inputs) {
    void* data = &state->scale;
    if (port.get_id() == 0) data = state->query.data();
    if (port.get_id() == 1) data = state->key.data();
    if (port.get_id() == 6) data = state->value.data();
    state->inputs.emplace_back(port, state->engine, data);
  }
  state->outputs.emplace_back(o, state->engine, state->output.data());
  return [state] {
    state->compiled.execute(state->stream, state->inputs, state->outputs);
    state->stream.wait();
  };
}

}  // namespace attune::bench
