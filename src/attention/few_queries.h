#pragma once

#include "attention/heads_view.h"

namespace attune::attention {

/// What cross_attention() computes, for the few queries at a time that a decoder has: vectors run
/// along the width of the heads, where cross_attention() fills them with queries and needs a dozen
/// of them. Pays up to 8 queries; the logits are scaled by 1 / sqrt(key width).
///
/// query [batch, heads, queries, width], key and value [batch, heads, keys, width], output [batch,
/// heads, queries, width], written. Elements of a row lie side by side, width is a multiple of 16;
/// numbers must be finite. The bits of a row depend on that row and its keys alone.
///
/// Runs on the calling thread and the workers of its TBB arena. Thread-safe.
/// Throws Error(kUsage), naming the shapes.
void few_query_attention(const HeadsView<const float>& query, const HeadsView<const float>& key,
                         const HeadsView<const float>& value, const HeadsView<float>& output);

/// Most queries for which few_query_attention() pays.
inline constexpr std::int64_t kFewQueries = 8;

/// Whether few_query_attention() takes heads of this width.
constexpr bool few_queries_take_width(std::int64_t width) {
  return width > 0 && width % 16 == 0;
}

}  // namespace attune::attention
