#include "service/feed_directory.h"

namespace attune::service {

std::string_view name(FeedState state) {
  switch (state) {
    case FeedState::kConnecting:
      return "connecting";
    case FeedState::kRunning:
      return "running";
    case FeedState::kWaiting:
      return "waiting";
    case FeedState::kFailed:
      return "failed";
    case FeedState::kEnded:
      return "ended";
  }
  return "";
}

}  // namespace attune::service
