#include "onednn_peer.h"

#include <omp.h>

#include <cmath>
#include <cstring>
#include <dnnl.hpp>
#include <unordered_map>

namespace attune::bench {

namespace {

using dnnl::memory;
using Arguments = std::unordered_map<int, memory>;

const dnnl::engine& engine() {
  static const dnnl::engine instance(dnnl::engine::kind::cpu, 0);
  return instance;
}

memory::data_type element(OneDnnMatmul::Type type) {
  return type == OneDnnMatmul::Type::kFloat32 ? memory::data_type::f32 : memory::data_type::bf16;
}

memory filled(const memory::desc& desc, OneDnnMatmul::Type type, unsigned seed) {
  memory result(desc, engine());
  const auto bytes = desc.get_size();
  if (type == OneDnnMatmul::Type::kFloat32) {
    const auto numbers = normal_numbers(static_cast<std::int64_t>(bytes / 4), seed);
    std::memcpy(result.get_data_handle(), numbers.data(), bytes);
  } else {
    const auto numbers =
        converted<BFloat16>(normal_numbers(static_cast<std::int64_t>(bytes / 2), seed));
    std::memcpy(result.get_data_handle(), numbers.data(), bytes);
  }
  return result;
}

dnnl::matmul::primitive_desc describe(const memory::desc& a, const memory::desc& b,
                                      const memory::desc& c,
                                      const dnnl::primitive_attr& attributes = {}) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), a, b, c, attributes};
#else
  return {dnnl::matmul::desc(a, b, c), attributes, engine()};
#endif
}

dnnl::softmax_forward::primitive_desc describe_softmax(const memory::desc& data) {
#if DNNL_VERSION_MAJOR >= 3
  return {
      engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::softmax_accurate, data, data,
      2};
#else
  return {dnnl::softmax_forward::desc(dnnl::prop_kind::forward_inference, data, 2), engine()};
#endif
}

struct Step {
  dnnl::primitive primitive;
  Arguments arguments;
};

}  // namespace

struct OneDnnMatmul::Impl {
  double flops = 0;
  dnnl::stream stream{engine()};
  Step step;
};

OneDnnMatmul::OneDnnMatmul(std::int64_t m, std::int64_t n, std::int64_t k, Type type)
    : impl_(std::make_unique<Impl>()) {
  omp_set_num_threads(1);
  impl_->flops = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  const memory::desc a({m, k}, element(type), memory::dims{k, 1});
  const memory::desc any({k, n}, element(type), memory::format_tag::any);
  const memory::desc c({m, n}, memory::data_type::f32, memory::dims{n, 1});
  const auto descriptor = describe(a, any, c);
  impl_->step = {dnnl::matmul(descriptor),
                 {{DNNL_ARG_SRC, filled(a, type, 1)},
                  {DNNL_ARG_WEIGHTS, filled(descriptor.weights_desc(), type, 2)},
                  {DNNL_ARG_DST, memory(c, engine())}}};
}

OneDnnMatmul::~OneDnnMatmul() = default;

void OneDnnMatmul::run() {
  impl_->step.primitive.execute(impl_->stream, impl_->step.arguments);
}

double OneDnnMatmul::flops() const {
  return impl_->flops;
}

struct OneDnnChain::Impl {
  int threads = 1;
  dnnl::stream stream{engine()};
  Step score, softmax, attend;
};

OneDnnChain::OneDnnChain(const Shape& s, OneDnnMatmul::Type type, int threads)
    : impl_(std::make_unique<Impl>()) {
  impl_->threads = threads;
  omp_set_num_threads(threads);
  const auto e = element(type);
  const memory::desc q({s.heads, s.queries, s.width}, e,
                       memory::dims{s.queries * s.width, s.width, 1});
  const memory::desc k({s.heads, s.width, s.keys}, e, memory::dims{s.keys * s.width, 1, s.width});
  const memory::desc v({s.heads, s.keys, s.width}, e, memory::dims{s.keys * s.width, s.width, 1});
  const memory::desc scores({s.heads, s.queries, s.keys}, e,
                            memory::dims{s.queries * s.keys, s.keys, 1});
  const memory::desc o({s.heads, s.queries, s.width}, memory::data_type::f32,
                       memory::dims{s.queries * s.width, s.width, 1});
  dnnl::post_ops scale;
#if DNNL_VERSION_MAJOR >= 3
  scale.append_eltwise(dnnl::algorithm::eltwise_linear,
                       1.0F / std::sqrt(static_cast<float>(s.width)), 0.0F);
#else
  scale.append_eltwise(1.0F, dnnl::algorithm::eltwise_linear,
                       1.0F / std::sqrt(static_cast<float>(s.width)), 0.0F);
#endif
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(scale);
  const memory matrix(scores, engine());
  impl_->score = {dnnl::matmul(describe(q, k, scores, attributes)),
                  {{DNNL_ARG_SRC, filled(q, type, 1)},
                   {DNNL_ARG_WEIGHTS, filled(k, type, 2)},
                   {DNNL_ARG_DST, matrix}}};
  impl_->softmax = {dnnl::softmax_forward(describe_softmax(scores)),
                    {{DNNL_ARG_SRC, matrix}, {DNNL_ARG_DST, matrix}}};
  impl_->attend = {dnnl::matmul(describe(scores, v, o)),
                   {{DNNL_ARG_SRC, matrix},
                    {DNNL_ARG_WEIGHTS, filled(v, type, 3)},
                    {DNNL_ARG_DST, memory(o, engine())}}};
}

OneDnnChain::~OneDnnChain() = default;

void OneDnnChain::run() {
  omp_set_num_threads(impl_->threads);
  for (Step* step : {&impl_->score, &impl_->softmax, &impl_->attend})
    step->primitive.execute(impl_->stream, step->arguments);
  omp_set_num_threads(1);
}

}  // namespace attune::bench
