// The compressed kernel on real embeddings: what it costs and how far it is from the exact answer.
// Queries and keys are what the aligner makes of the sound of a recording, values its audio tokens.
//
//   attention_compression RECORDING...        at least a minute of sound in all
//
// Prints a table in Markdown.

#include <tbb/global_control.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include "attention/cross_attention.h"
#include "core/error.h"
#include "media/audio_decoder.h"
#include "media/demuxer.h"
#include "models/align_projections.h"
#include "models/audio_tokenizer.h"
#include "models/model_store.h"

namespace attune::bench {
namespace {

using attention::CrossAttentionOptions;
using attention::HeadsView;

struct Embeddings {
  std::int64_t heads = 0;
  std::int64_t width = 0;
  std::int64_t length = 0;
  /// [length, heads * width]
  std::vector<float> queries{};
  std::vector<float> values{};

  HeadsView<const float> view(const std::vector<float>& numbers) const {
    return HeadsView<const float>::interleaved(numbers.data(), 1, length, heads, width);
  }
};

void append(const std::string& file, const std::shared_ptr<const models::AlignModel>& model,
            Embeddings& embeddings) {
  models::AudioTokenizer tokenizer(model, 0);
  const models::AlignGeometry& g = model->geometry();
  const auto take = [&](const models::AudioTokens& tokens) {
    for (int i = 0; i < tokens.length(); ++i) {
      const auto token = std::span(tokens.tokens).subspan(i * g.width, g.width);
      const auto query = models::align_query(*model, token).query;
      embeddings.queries.insert(embeddings.queries.end(), query.begin(), query.end());
      embeddings.values.insert(embeddings.values.end(), token.begin(), token.end());
      ++embeddings.length;
    }
  };
  media::Demuxer demuxer(file);
  if (demuxer.info().audio() == nullptr)
    throw Error(ErrorKind::kInput, file + ": there is no sound");
  media::AudioDecoder decoder(*demuxer.info().audio());
  const auto sink = [&](const media::AudioChunk& chunk) {
    take(tokenizer.push(chunk.samples, chunk.start));
  };
  while (auto packet = demuxer.read())
    if (packet->kind == media::StreamKind::kAudio) decoder.decode(*packet->data, sink);
  decoder.flush(sink);
}

struct Answer {
  std::vector<float> output;
  double milliseconds = 0;
};

Answer attend(const Embeddings& e, const CrossAttentionOptions& options) {
  Answer answer;
  answer.output.resize(e.values.size());
  const auto output =
      HeadsView<float>::interleaved(answer.output.data(), 1, e.length, e.heads, e.width);
  answer.milliseconds = 1e9;
  for (int run = 0; run < 9; ++run) {
    const auto start = std::chrono::steady_clock::now();
    attention::cross_attention(e.view(e.queries), e.view(e.queries), e.view(e.values), output,
                               options);
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    answer.milliseconds = std::min(answer.milliseconds, time.count());
  }
  return answer;
}

/// Root mean square of the difference by that of the exact answer less its mean over time.
double relative_error(const Answer& answer, const Answer& exact, std::size_t row) {
  std::vector<double> means(row);
  for (std::size_t i = 0; i < exact.output.size(); ++i) means[i % row] += exact.output[i];
  double wrong = 0;
  double all = 0;
  for (std::size_t i = 0; i < exact.output.size(); ++i) {
    const double mean =
        means[i % row] / (static_cast<double>(exact.output.size()) / static_cast<double>(row));
    wrong += std::pow(answer.output[i] - exact.output[i], 2);
    all += std::pow(exact.output[i] - mean, 2);
  }
  return std::sqrt(wrong / all);
}

void print_table(const Embeddings& e) {
  std::printf("%lld tokens, %lld heads of %lld, one thread\n\n", static_cast<long long>(e.length),
              static_cast<long long>(e.heads), static_cast<long long>(e.width));
  std::printf("| sharpness | kernel | ms | error |\n| ---: | --- | ---: | ---: |\n");
  for (const float scale : {1.0F, 5.0F, 20.0F}) {
    const Answer exact = attend(e, {.scale = scale});
    std::printf("| %g | tiled, all keys | %.2f | |\n", scale, exact.milliseconds);
    CrossAttentionOptions options{.scale = scale};
    options.window = attention::KeyWindow{.before = 50, .after = 50};
    const auto row = static_cast<std::size_t>(e.heads * e.width);
    const Answer window = attend(e, options);
    std::printf("| %g | windowed, 2 s | %.2f | %.3f |\n", scale, window.milliseconds,
                relative_error(window, exact, row));
    for (const std::int64_t stride : {4, 10, 25}) {
      options.compression.stride = stride;
      const Answer pooled = attend(e, options);
      std::printf("| %g | compressed, 2 s exact, %lld pooled | %.2f | %.3f |\n", scale,
                  static_cast<long long>(stride), pooled.milliseconds,
                  relative_error(pooled, exact, row));
    }
  }
}

}  // namespace
}  // namespace attune::bench

int main(int argc, char** argv) try {
  using namespace attune;
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 1);
  const auto model = models::AlignModel::open(
      models::ModelStore().resolve(models::ModelRole::kAligner, "auto").path);
  bench::Embeddings embeddings{.heads = model->geometry().heads,
                               .width = model->geometry().width / model->geometry().heads};
  for (int i = 1; i < argc; ++i) bench::append(argv[i], model, embeddings);
  bench::print_table(embeddings);
} catch (const attune::Error& error) {
  std::fprintf(stderr, "attention_compression: %s\n", error.what());
  return 1;
}
