#include "service/live_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "core/error.h"

namespace attune::service {
namespace {

void require_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  if (!name.empty() && name.size() <= 64 && name[0] != '.' && std::ranges::all_of(name, allowed))
    return;
  throw Error(ErrorKind::kUsage,
              fmt::format("'{}' cannot name a feed: up to 64 letters, digits, '-', '_' and '.', "
                          "not beginning with '.'",
                          name));
}

}  // namespace

std::shared_ptr<LiveFeed> LiveService::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = feeds_.find(name);
  return found == feeds_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<LiveFeed>> LiveService::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<LiveFeed>> feeds;
  for (const auto& [name, feed] : feeds_)
    if (feed) feeds.push_back(feed);
  return feeds;
}

std::vector<FeedStatus> LiveService::feeds() const {
  std::vector<FeedStatus> states;
  for (const auto& feed : all()) states.push_back(feed->status());
  return states;
}

void LiveService::add(const FeedRequest& request) {
  require_name(request.name);
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) throw Error(ErrorKind::kStopped, "the service is ending");
    const auto [entry, is_new] = feeds_.try_emplace(request.name);
    if (!is_new && !entry->second)
      throw Error(
          ErrorKind::kTryLater,
          fmt::format("the feed '{}' is beginning or ending; try again in a moment", request.name));
    if (!is_new)
      throw Error(ErrorKind::kUsage,
                  fmt::format("there is a feed '{}' already; remove it first, or choose another "
                              "name",
                              request.name));
  }
  // Weights and graphs take a moment to make, during which the others are seen.
  std::shared_ptr<LiveFeed> feed;
  try {
    feed = std::make_shared<LiveFeed>(
        request,
        LiveFeedOptions{.folder = options_.folder / request.name,
                        .load_config = [this, request] { return options_.load_config(request); },
                        .threads = options_.threads});
  } catch (...) {
    const std::lock_guard lock(mutex_);
    feeds_.erase(request.name);
    throw;
  }
  const std::lock_guard lock(mutex_);
  feeds_[request.name] = feed;
  if (is_stopping_) feed->stop();
}

void LiveService::remove(const std::string& name) {
  std::shared_ptr<LiveFeed> feed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = feeds_.find(name);
    if (found == feeds_.end() || !found->second)
      throw Error(ErrorKind::kUsage, fmt::format("there is no feed '{}'", name));
    // The name is taken until the folder is no longer written to.
    feed = std::exchange(found->second, nullptr);
  }
  feed->stop();
  feed->wait();
  const std::lock_guard lock(mutex_);
  feeds_.erase(name);
}

std::shared_ptr<MonitorHub> LiveService::monitor(const std::string& name) const {
  const auto feed = find(name);
  return feed ? feed->monitor() : nullptr;
}

bool LiveService::ready() const {
  const auto feeds = all();
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return false;
  }
  return std::ranges::none_of(feeds, [](const auto& feed) { return feed->failure().has_value(); });
}

void LiveService::reload() {
  for (const auto& feed : all()) feed->reload();
}

void LiveService::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  {
    std::vector<std::jthread> ending;
    for (const auto& feed : all()) {
      feed->stop();
      // Each may wait for a receiver that does not answer.
      ending.emplace_back([feed] { feed->wait(); });
    }
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(feeds_, [](const auto& entry) { return entry.second != nullptr; });
}

bool LiveService::ended() const {
  const auto feeds = all();
  return std::ranges::all_of(feeds, [](const auto& feed) { return feed->ended(); });
}

std::optional<Error> LiveService::failure() const {
  for (const auto& feed : all())
    if (auto failure = feed->failure()) return failure;
  return std::nullopt;
}

}  // namespace attune::service
