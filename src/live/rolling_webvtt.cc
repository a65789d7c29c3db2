#include "live/rolling_webvtt.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "captions/webvtt.h"
#include "core/error.h"
#include "core/log.h"
#include "core/version.h"
#include "live/replace_file.h"

namespace attune::live {

RollingWebvtt::RollingWebvtt(RollingWebvttOptions options) : options_(std::move(options)) {
  std::error_code ignored;
  if (options_.path.has_parent_path())
    std::filesystem::create_directories(options_.path.parent_path(), ignored);
  write();
}

void RollingWebvtt::take(const Event& event) {
  // A cue without text would be none for a reader; one that ends at zero or before is not written.
  if (!event.caption || !event.is_final || event.caption->lines.empty() ||
      event.caption->span.end <= Timestamp::zero())
    return;
  const std::lock_guard lock(mutex_);
  captions_.push_back(*event.caption);
  // A cue's text does not need them.
  captions_.back().words = {};
  newest_end_ = std::max(newest_end_, event.caption->span.end);
  drop_old();
  try {
    write();
    written_ = first_ - 1 + static_cast<std::int64_t>(captions_.size());
    if (is_failing_) attune::log()->info("{}: is written again", options_.path.string());
    is_failing_ = false;
  } catch (const std::exception& error) {
    ++failures_;
    if (!is_failing_) attune::log()->warn("{}; tried again with the next caption", error.what());
    is_failing_ = true;
  }
  told_.tell(written_, 0, failures_);
}

void RollingWebvtt::drop_old() {
  while (captions_.size() > options_.most_captions ||
         (!captions_.empty() && captions_.front().span.end + options_.window <= newest_end_)) {
    captions_.pop_front();
    ++first_;
  }
}

void RollingWebvtt::write() const {
  captions::Result result;
  result.attune_version = kVersion;
  result.captions.assign(captions_.begin(), captions_.end());
  replace_file(options_.path, captions::write_webvtt_part(result, first_));
}

}  // namespace attune::live
