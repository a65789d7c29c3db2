#include "attention/cross_attention.h"

#include "attention/attention_shapes.h"
#include "attention/exact_kernel.h"
#include "attention/fused_call.h"
#include "attention/kernel_choice.h"
#include "attention/operands.h"
#include "core/log.h"
#include "tensor/processor.h"

namespace attune::attention {

namespace {

using tensor::BFloat16;

template <class T>
void log_choice(const KernelChoice& choice, const HeadsView<const T>& query,
                const HeadsView<const T>& key, std::string_view precision) {
  const auto logger = log();
  if (!logger->should_log(spdlog::level::debug)) return;
  logger->debug(
      "cross-attention of {} x {} heads, {} queries on {} keys: {} kernel in {}, because {}",
      query.batch(), query.heads(), query.length(), key.length(), name(choice.kernel), precision,
      choice.reason);
}

/// The options as the chosen kernel takes them.
CrossAttentionOptions narrowed(CrossAttentionOptions options, const KernelChoice& choice) {
  if (choice.without_window) options.window.reset();
  if (choice.kernel != Kernel::kCompressed) options.compression = {};
  return options;
}

void run_float32(const KernelChoice& choice, const HeadsView<const float>& query,
                 const HeadsView<const float>& key, const HeadsView<const float>& value,
                 const HeadsView<float>& output, const CrossAttentionOptions& options,
                 const AttentionReadout& readout) {
  if (choice.kernel == Kernel::kExact) {
    exact_attention(query, key, value, output, options, readout);
  } else {
    fused_call(query, key, value, output, options, readout);
  }
}

}  // namespace

void cross_attention(const HeadsView<const float>& query, const HeadsView<const float>& key,
                     const HeadsView<const float>& value, const HeadsView<float>& output,
                     const CrossAttentionOptions& options, const AttentionReadout& readout) {
  check_shapes(query, key, value, output, options, readout);
  const KernelChoice choice = choose_kernel(options, query.length(), key.length());
  log_choice(choice, query, key, "float32");
  run_float32(choice, query, key, value, output, narrowed(options, choice), readout);
}

void cross_attention(const HeadsView<const BFloat16>& query, const HeadsView<const BFloat16>& key,
                     const HeadsView<const BFloat16>& value, const HeadsView<float>& output,
                     const CrossAttentionOptions& options, const AttentionReadout& readout) {
  check_shapes(query, key, value, output, options, readout);
  const KernelChoice choice = choose_kernel(options, query.length(), key.length());
  const bool fused = choice.kernel == Kernel::kTiled || choice.kernel == Kernel::kWindowed;
  if (fused && tensor::has_bfloat16()) {
    log_choice(choice, query, key, "bfloat16");
    fused_call(query, key, value, output, narrowed(options, choice), readout);
    return;
  }
  log_choice(choice, query, key, "float32, widened");
  WidenedInputs wide(query, key, value);
  run_float32(choice, wide.query, wide.key, wide.value, output, narrowed(options, choice), readout);
}

}  // namespace attune::attention
