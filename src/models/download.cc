#include "models/download.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "core/error.h"

namespace attune::models {
namespace {

constexpr long kConnectSeconds = 30;
constexpr long kStalledSeconds = 60;
constexpr long kStalledBytesPerSecond = 100;

// curl_global_init is to be called once before any other call; a static's construction is.
void initialise_curl() {
  static const CURLcode result = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (result != CURLE_OK) throw Error(ErrorKind::kInternal, "libcurl cannot be initialised");
}

struct Sink {
  std::FILE* file;
  std::uint64_t left;
  bool too_long = false;
  int write_error = 0;
};

std::size_t receive(char* data, std::size_t size, std::size_t count, void* user) {
  auto& sink = *static_cast<Sink*>(user);
  const std::size_t bytes = size * count;
  if (bytes > sink.left) {
    sink.too_long = true;
    return 0;
  }
  sink.left -= bytes;
  if (std::fwrite(data, 1, bytes, sink.file) != bytes) {
    sink.write_error = errno;
    return 0;
  }
  return bytes;
}

[[noreturn]] void cannot_write(const std::filesystem::path& path, int error) {
  throw Error(ErrorKind::kOutput,
              fmt::format("{}: cannot be written: {}", path.string(), std::strerror(error)));
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

void download(const std::string& url, const std::filesystem::path& destination,
              std::uint64_t largest_bytes) {
  initialise_curl();
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  std::unique_ptr<std::FILE, CloseFile> file(std::fopen(destination.c_str(), "wb"));
  if (!file) cannot_write(destination, errno);
  Sink sink{.file = file.get(), .left = largest_bytes};
  char why[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https,file");
  curl_easy_setopt(curl.get(), CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_TIME, kStalledSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_LIMIT, kStalledBytesPerSecond);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &receive);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &sink);
  const CURLcode result = curl_easy_perform(curl.get());
  if (sink.write_error != 0) cannot_write(destination, sink.write_error);
  if (sink.too_long)
    throw Error(ErrorKind::kModel,
                fmt::format("{}: larger than the {} bytes expected", url, largest_bytes));
  if (result != CURLE_OK)
    throw Error(ErrorKind::kModel, fmt::format("{}: cannot be fetched: {}", url,
                                               why[0] != '\0' ? why : curl_easy_strerror(result)));
  if (std::fclose(file.release()) != 0) cannot_write(destination, errno);
}

}  // namespace attune::models
