#include "media/host_lookup.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <ctime>
#include <list>
#include <memory>
#include <mutex>

namespace attune::media {
namespace {

constexpr long kPollNanoseconds = 50'000'000;

/// A question to the resolver; must live until it is answered.
struct Question {
  explicit Question(std::string name) : host(std::move(name)) {
    request.ar_name = host.c_str();
    gaicb* list[1] = {&request};
    started = getaddrinfo_a(GAI_NOWAIT, list, 1, nullptr) == 0;
  }
  ~Question() {
    if (request.ar_result != nullptr) freeaddrinfo(request.ar_result);
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  bool is_pending() { return started && gai_error(&request) == EAI_INPROGRESS; }

  std::string host;
  gaicb request{};
  bool started = false;
};

/// Questions that nobody waits for any more, until they are answered.
class Abandoned {
 public:
  std::unique_ptr<Question> take(const std::string& host) {
    const std::lock_guard lock(mutex_);
    questions_.remove_if([&](const auto& q) { return !q->is_pending() && q->host != host; });
    for (auto it = questions_.begin(); it != questions_.end(); ++it) {
      if ((*it)->host != host) continue;
      std::unique_ptr<Question> found = std::move(*it);
      questions_.erase(it);
      return found;
    }
    return nullptr;
  }
  void put(std::unique_ptr<Question> question) {
    const std::lock_guard lock(mutex_);
    questions_.push_back(std::move(question));
  }

 private:
  std::mutex mutex_;
  std::list<std::unique_ptr<Question>> questions_;
};

Abandoned& abandoned() {
  // Never destroyed: the C library may still write into what is in it when the program ends.
  static auto* const all = new Abandoned;
  return *all;
}

bool is_numeric(const std::string& host) {
  in6_addr any{};
  return inet_pton(AF_INET, host.c_str(), &any) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &any) == 1;
}

}  // namespace

std::string look_up(const std::string& host, const std::function<bool()>& is_interrupted) {
  if (host.empty() || is_numeric(host)) return {};
  std::unique_ptr<Question> question = abandoned().take(host);
  if (!question) question = std::make_unique<Question>(host);
  while (question->is_pending()) {
    if (is_interrupted()) {
      abandoned().put(std::move(question));
      return {};
    }
    const gaicb* list[1] = {&question->request};
    const timespec wait{0, kPollNanoseconds};
    gai_suspend(list, 1, &wait);
  }
  if (!question->started) return {};
  const int code = gai_error(&question->request);
  return code == 0 ? std::string() : gai_strerror(code);
}

}  // namespace attune::media
