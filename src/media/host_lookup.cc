#include "media/host_lookup.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace attune::media {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(50);

/// A question to the resolver, shared by those who wait and the thread that asks.
struct Question {
  std::mutex mutex;
  std::condition_variable answered;
  /// Why there is no address; empty when there is one.
  std::optional<std::string> answer;
};

/// Questions that have no answer yet, by host.
struct Open {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Question>> questions;
};

Open& open_questions() {
  // Never destroyed: a thread may still come back when the program ends.
  static auto* const all = new Open;
  return *all;
}

void ask(const std::string& host, const std::shared_ptr<Question>& question) {
  addrinfo* found = nullptr;
  const int code = getaddrinfo(host.c_str(), nullptr, nullptr, &found);
  if (found != nullptr) freeaddrinfo(found);
  {
    Open& open = open_questions();
    const std::lock_guard lock(open.mutex);
    open.questions.erase(host);
  }
  const std::lock_guard lock(question->mutex);
  question->answer = code == 0 ? "" : gai_strerror(code);
  question->answered.notify_all();
}

std::shared_ptr<Question> question_for(const std::string& host) {
  Open& open = open_questions();
  const std::lock_guard lock(open.mutex);
  std::shared_ptr<Question>& question = open.questions[host];
  if (!question) {
    question = std::make_shared<Question>();
    std::thread(ask, host, question).detach();
  }
  return question;
}

bool is_numeric(const std::string& host) {
  in6_addr any{};
  return inet_pton(AF_INET, host.c_str(), &any) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}  // namespace

std::string look_up(const std::string& host, const std::function<bool()>& is_interrupted) {
  if (host.empty() || is_numeric(host)) return {};
  const std::shared_ptr<Question> question = question_for(host);
  std::unique_lock lock(question->mutex);
  while (!question->answered.wait_for(lock, kPoll, [&] { return question->answer.has_value(); }))
    if (is_interrupted()) return {};
  return *question->answer;
}

}  // namespace attune::media
