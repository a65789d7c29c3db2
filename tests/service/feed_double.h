#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "service/feed_directory.h"

namespace attune::service {

/// Feeds that are only told of: what the HTTP interface asks is answered, nothing is opened.
class FeedDouble final : public FeedDirectory {
 public:
  /// Puts a feed there as it is.
  void put(FeedStatus status) {
    const std::lock_guard lock(mutex_);
    auto& entry = entries_[status.name];
    if (!entry.hub) entry.hub = std::make_shared<MonitorHub>();
    entry.status = std::move(status);
  }

  void put(const std::string& name) {
    FeedStatus status;
    status.name = name;
    put(std::move(status));
  }

  std::vector<FeedStatus> feeds() const override {
    const std::lock_guard lock(mutex_);
    std::vector<FeedStatus> all;
    for (const auto& [name, entry] : entries_) all.push_back(entry.status);
    return all;
  }

  void add(const FeedRequest& request) override {
    const std::lock_guard lock(mutex_);
    if (entries_.contains(request.name))
      throw Error(ErrorKind::kUsage, "There is a feed " + request.name + " already.");
    if (request.name.find(' ') != std::string::npos)
      throw Error(ErrorKind::kUsage, "A name may not have blanks.");
    if (request.source.starts_with("bad:"))
      throw Error(ErrorKind::kInput, request.source + ": no feed has such an address.");
    if (request.config == "weightless") throw Error(ErrorKind::kModel, "Weights are missing.");
    if (request.config == "busy") throw Error(ErrorKind::kTryLater, "Later it may go.");
    if (request.config == "defect") throw std::logic_error("secret inner thing");
    last_request_ = request;
    Entry& entry = entries_[request.name];
    entry.status.name = request.name;
    entry.status.source = "rtsp://***@camera";
    entry.hub = std::make_shared<MonitorHub>();
  }

  void remove(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(name);
    if (entry == entries_.end()) throw Error(ErrorKind::kUsage, "There is no feed " + name + ".");
    entry->second.hub->close();
    entries_.erase(entry);
  }

  std::shared_ptr<MonitorHub> monitor(const std::string& name) const override {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(name);
    return entry == entries_.end() ? nullptr : entry->second.hub;
  }

  bool ready() const override {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, entry] : entries_)
      if (entry.status.state == FeedState::kFailed) return false;
    return true;
  }

  FeedRequest last_request() const {
    const std::lock_guard lock(mutex_);
    return last_request_;
  }

 private:
  struct Entry {
    FeedStatus status;
    std::shared_ptr<MonitorHub> hub;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  FeedRequest last_request_;
};

}  // namespace attune::service
