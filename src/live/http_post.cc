#include "live/http_post.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/redact.h"

namespace attune::live {
namespace {

constexpr int kAskEveryMs = 500;
/// Seconds; what is longer is not believed.
constexpr curl_off_t kLongestRetryAfter = 86'400;

struct CleanUpEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct CleanUpMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct CleanUpUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

// curl_global_init is to be called once before any other call; a static's construction is.
void initialise_curl() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) throw Error(ErrorKind::kInternal, "libcurl cannot be initialised");
}

std::size_t throw_away(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

long milliseconds(Duration duration) {
  return static_cast<long>(
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(duration).count()));
}

void check_url(const std::string& url) {
  const std::unique_ptr<CURLU, CleanUpUrl> parts(curl_url());
  char* scheme = nullptr;
  const bool is_url = curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK &&
                      curl_url_get(parts.get(), CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
  const std::string name = scheme != nullptr ? scheme : "";
  curl_free(scheme);
  if (!is_url || (name != "http" && name != "https"))
    throw Error(
        ErrorKind::kUsage,
        fmt::format("{}: is no address of a webhook; https://host/path is one", redacted(url)));
}

void check_token(const std::string& token, const std::string& url) {
  // A line feed would let it add headers.
  const bool is_printable =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!is_printable)
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: the webhook's token has a blank or a character outside ASCII; "
                            "is there a line feed at its end?",
                            redacted(url)));
}

void check_ca_file(const std::string& file) {
  if (!file.empty() && ::access(file.c_str(), R_OK) != 0)
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: the webhook's certificates cannot be read", file));
}

void append(std::unique_ptr<curl_slist, FreeList>& list, const std::string& header) {
  curl_slist* const longer = curl_slist_append(list.get(), header.c_str());
  if (longer == nullptr) return;
  list.release();
  list.reset(longer);
}

/// Nothing: it was over before.
std::optional<CURLcode> perform(CURLM* multi, const std::function<bool()>& is_over) {
  while (!is_over()) {
    int running = 0;
    if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left))
      if (message->msg == CURLMSG_DONE) return message->data.result;
    curl_multi_poll(multi, nullptr, 0, kAskEveryMs, nullptr);
  }
  return std::nullopt;
}

std::string location_of(CURL* easy) {
  char* location = nullptr;
  curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &location);
  return location != nullptr ? redacted(location) : "";
}

}  // namespace

struct HttpPost::Handles {
  std::unique_ptr<CURL, CleanUpEasy> easy;
  std::unique_ptr<CURLM, CleanUpMulti> multi;
  char why[CURL_ERROR_SIZE] = "";
};

HttpPost::HttpPost(HttpPostOptions options) : options_(std::move(options)) {
  initialise_curl();
  check_url(options_.url);
  check_token(options_.bearer_token, options_.url);
  check_ca_file(options_.ca_file);
  handles_ = std::make_unique<Handles>();
  handles_->easy.reset(curl_easy_init());
  handles_->multi.reset(curl_multi_init());
  CURL* const easy = handles_->easy.get();
  if (easy == nullptr || handles_->multi == nullptr)
    throw Error(ErrorKind::kInternal, "libcurl has no memory for a request");
  curl_easy_setopt(easy, CURLOPT_URL, options_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A host name that is still being looked up does not hold up the end.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(options_.connect_timeout));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, milliseconds(options_.answer_timeout));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, handles_->why);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &throw_away);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "attune");
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
}

HttpPost::~HttpPost() = default;

void HttpPost::wake() {
  curl_multi_wakeup(handles_->multi.get());
}

HttpAnswer HttpPost::post(const std::string& body, const std::vector<std::string>& headers,
                          const std::function<bool()>& is_over) {
  CURL* const easy = handles_->easy.get();
  std::unique_ptr<curl_slist, FreeList> list;
  for (const std::string& header : headers) append(list, header);
  if (!options_.bearer_token.empty())
    append(list, "Authorization: Bearer " + options_.bearer_token);
  // Not to wait for "100 Continue", which some servers never send.
  append(list, "Expect:");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  handles_->why[0] = '\0';

  CURLM* const multi = handles_->multi.get();
  curl_multi_add_handle(multi, easy);
  const std::optional<CURLcode> result = perform(multi, is_over);
  curl_multi_remove_handle(multi, easy);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, nullptr);
  if (!result) return {.problem = "there was no answer before the end"};
  return answer_of(*result);
}

HttpAnswer HttpPost::answer_of(int curl_code) const {
  HttpAnswer answer;
  if (curl_code != CURLE_OK) {
    const char* const why = handles_->why;
    answer.problem = redacted(
        why[0] != '\0' ? why : curl_easy_strerror(static_cast<CURLcode>(curl_code)), options_.url);
    return answer;
  }
  CURL* const easy = handles_->easy.get();
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
  if (seconds > 0)
    answer.retry_after = std::chrono::seconds(std::min<curl_off_t>(seconds, kLongestRetryAfter));
  answer.location = location_of(easy);
  return answer;
}

}  // namespace attune::live
