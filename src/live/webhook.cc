#include "live/webhook.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/backoff.h"
#include "core/log.h"
#include "core/redact.h"
#include "core/unique_name.h"
#include "live/http_post.h"
#include "live/sigpipe.h"
#include "live/waiting_lines.h"

namespace attune::live {
namespace {

using std::chrono::steady_clock;

enum class Verdict { kAccepted, kRefused, kTryAgain };

Verdict verdict(const HttpAnswer& answer) {
  if (answer.status >= 200 && answer.status < 300) return Verdict::kAccepted;
  if (answer.status == 0 || answer.status == 429 || answer.status >= 500) return Verdict::kTryAgain;
  return Verdict::kRefused;
}

std::string problem_of(const HttpAnswer& answer) {
  if (answer.status == 0) return answer.problem;
  if (answer.location.empty()) return fmt::format("it answers {}", answer.status);
  return fmt::format("it answers {} and points to {}, which is not followed; give that address",
                     answer.status, answer.location);
}

/// What is sent again unchanged until it is accepted or given up.
struct Request {
  std::string body;
  std::int64_t first = 0;
  std::int64_t events = 0;
  /// Before it, in this run.
  std::int64_t dropped = 0;
};

}  // namespace

class Webhook::Sender {
 public:
  explicit Sender(WebhookOptions options);
  ~Sender();

  void take(const Event& event);
  WebhookCounts counts() const;

 private:
  void run();
  std::optional<Request> next_request();
  std::vector<std::string> headers(const Request& request) const;
  bool deliver(const Request& request);
  void accepted(const Request& request);
  void refused(const Request& request, const HttpAnswer& answer);
  void wait_after(const HttpAnswer& answer);
  void give_up(const Request& request, const HttpAnswer& answer);
  bool is_stopping() const;
  bool is_over() const;

  const WebhookOptions options_;
  /// For the log.
  const std::string name_;
  const std::string run_ = unique_suffix();
  HttpPost post_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  WaitingLines waiting_;
  bool stopping_ = false;
  steady_clock::time_point end_ = steady_clock::time_point::max();
  WebhookCounts counts_;
  std::int64_t in_request_ = 0;

  // Of the thread.
  Backoff backoff_;
  std::int64_t next_number_ = 1;
  std::int64_t failures_ = 0;
  std::int64_t refusals_ = 0;
  std::thread thread_;
};

Webhook::Sender::Sender(WebhookOptions options)
    : options_(std::move(options)),
      name_("webhook " + redacted(options_.url)),
      post_({.url = options_.url,
             .bearer_token = options_.bearer_token,
             .ca_file = options_.ca_file,
             .connect_timeout = options_.connect_timeout,
             .answer_timeout = options_.answer_timeout}),
      waiting_(options_.queue_events, options_.queue_bytes),
      backoff_(options_.first_delay, options_.longest_delay, std::hash<std::string>{}(run_)),
      thread_([this] { run(); }) {}

Webhook::Sender::~Sender() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    end_ = steady_clock::now() + options_.last_try;
  }
  changed_.notify_all();
  post_.wake();
  thread_.join();
}

void Webhook::Sender::take(const Event& event) {
  if (!event.is_final && !options_.partial) return;
  std::int64_t before = 0;
  std::int64_t after = 0;
  {
    const std::lock_guard lock(mutex_);
    before = waiting_.dropped();
    waiting_.push(event.json + '\n', event.is_final);
    after = waiting_.dropped();
  }
  changed_.notify_all();
  while (before < after)
    if (worth_saying(++before))
      attune::log()->warn("{}: too many events wait; {} dropped so far", name_, before);
}

WebhookCounts Webhook::Sender::counts() const {
  const std::lock_guard lock(mutex_);
  WebhookCounts counts = counts_;
  counts.dropped += waiting_.dropped();
  counts.waiting = static_cast<std::int64_t>(waiting_.size()) + in_request_;
  return counts;
}

bool Webhook::Sender::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

bool Webhook::Sender::is_over() const {
  const std::lock_guard lock(mutex_);
  return steady_clock::now() >= end_;
}

void Webhook::Sender::run() {
  const SigpipeBlocked blocked;
  while (const auto request = next_request())
    if (!deliver(*request)) return;
}

std::optional<Request> Webhook::Sender::next_request() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
  if (waiting_.empty()) return std::nullopt;
  Request request{.body = {},
                  .first = next_number_,
                  .events = 0,
                  .dropped = waiting_.dropped() + counts_.refused};
  const auto most = static_cast<std::int64_t>(std::max<std::size_t>(1, options_.request_events));
  do {
    request.body += waiting_.pop();
    ++request.events;
  } while (!waiting_.empty() && request.events < most &&
           request.body.size() + waiting_.front().size() <= options_.request_bytes);
  next_number_ += request.events;
  in_request_ = request.events;
  return request;
}

std::vector<std::string> Webhook::Sender::headers(const Request& request) const {
  return {"Content-Type: application/x-ndjson",
          fmt::format("Idempotency-Key: \"{}-{}\"", run_, request.first),
          fmt::format("Attune-First-Event: {}", request.first),
          fmt::format("Attune-Dropped-Events: {}", request.dropped)};
}

/// False: the end has come, and it did not work.
bool Webhook::Sender::deliver(const Request& request) {
  for (int refusals = 0;;) {
    const bool is_last = is_stopping();
    const HttpAnswer answer =
        post_.post(request.body, headers(request), [this] { return is_over(); });
    const Verdict what = verdict(answer);
    if (what == Verdict::kAccepted) {
      accepted(request);
      return true;
    }
    if (answer.status != 0) ++refusals;
    if (what == Verdict::kRefused || refusals >= options_.most_refusals) {
      refused(request, answer);
      return true;
    }
    if (is_last || is_over()) {
      give_up(request, answer);
      return false;
    }
    wait_after(answer);
  }
}

void Webhook::Sender::accepted(const Request& request) {
  backoff_.reset();
  // Said where the failure was: not every time where it comes and goes.
  if (failures_ > 0) attune::log()->info("{}: takes events again", name_);
  failures_ = 0;
  const std::lock_guard lock(mutex_);
  counts_.delivered += request.events;
  in_request_ = 0;
}

void Webhook::Sender::refused(const Request& request, const HttpAnswer& answer) {
  backoff_.reset();
  failures_ = 0;
  // Said before it is counted: who has seen the count finds the message.
  if (worth_saying(++refusals_))
    attune::log()->warn("{}: {}; events {} to {} are given up, the {}. such request", name_,
                        problem_of(answer), request.first, request.first + request.events - 1,
                        refusals_);
  const std::lock_guard lock(mutex_);
  counts_.refused += request.events;
  in_request_ = 0;
}

void Webhook::Sender::wait_after(const HttpAnswer& answer) {
  const Duration asked =
      std::min(answer.retry_after.value_or(Duration::zero()), options_.longest_retry_after);
  const Duration delay = std::max(backoff_.next(), asked);
  if (worth_saying(++failures_))
    attune::log()->warn("{}: {}; tried again in {:.1f} s (try {})", name_, problem_of(answer),
                        to_seconds(delay), failures_);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, delay, [&] { return stopping_; });
  ++counts_.retries;
}

void Webhook::Sender::give_up(const Request& request, const HttpAnswer& answer) {
  std::int64_t left = request.events;
  {
    const std::lock_guard lock(mutex_);
    left += static_cast<std::int64_t>(waiting_.size());
    waiting_.clear();
    counts_.dropped += request.events;
    in_request_ = 0;
  }
  attune::log()->warn("{}: {}; the last {} events are not delivered", name_, problem_of(answer),
                      left);
}

Webhook::Webhook(WebhookOptions options) : sender_(std::make_unique<Sender>(std::move(options))) {}
Webhook::~Webhook() = default;

void Webhook::take(const Event& event) {
  sender_->take(event);
}

WebhookCounts Webhook::counts() const {
  return sender_->counts();
}

OutputCounts Webhook::output_counts() const {
  const WebhookCounts events = counts();
  return {.kind = "webhook",
          .written = events.delivered,
          .lost = events.dropped + events.refused,
          .failures = events.retries,
          .waiting = events.waiting};
}

}  // namespace attune::live
