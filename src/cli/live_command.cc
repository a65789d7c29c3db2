#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "cli/config_files.h"
#include "cli/inputs.h"
#include "cli/live.h"
#include "cli/reload_signal.h"
#include "cli/session.h"
#include "cli/stop_signal.h"
#include "core/error.h"
#include "core/log.h"
#include "service/http_server.h"
#include "service/live_service.h"

namespace attune::cli {
namespace {

/// Where the token of the HTTP interface may come from instead of a file.
constexpr const char* kTokenVariable = "ATTUNE_HTTP_TOKEN";

std::string read_token(const std::string& file) {
  if (file.empty()) {
    const char* token = std::getenv(kTokenVariable);
    return token == nullptr ? "" : token;
  }
  std::ifstream stream(file);
  std::string token;
  if (!std::getline(stream, token) || token.empty())
    throw Error(
        ErrorKind::kUsage,
        fmt::format("--token-file {}: no token can be read there; let the first line be one",
                    file));
  return token;
}

/// "env:VARIABLE" is a source that other users of the machine are not to see in its list of
/// processes.
std::string read_source(const std::string& text) {
  if (!text.starts_with("env:")) return text;
  const char* source = std::getenv(text.c_str() + 4);
  if (source == nullptr || *source == 0)
    throw Error(ErrorKind::kUsage,
                fmt::format("{}: the environment has no variable {}", text, text.substr(4)));
  return source;
}

/// "NAME=SOURCE", or a source alone, named by its place.
service::FeedRequest to_feed(const std::string& text, std::size_t place, std::size_t count) {
  const auto equals = text.find('=');
  const auto scheme = text.find_first_of(":/?");
  if (equals != std::string::npos && equals > 0 && equals < scheme)
    return {.name = text.substr(0, equals), .source = read_source(text.substr(equals + 1))};
  return {.name = count == 1 ? "feed" : fmt::format("feed{}", place + 1),
          .source = read_source(text)};
}

/// Tells systemd that all is well, as often as it asks for, and how the feeds are.
class SystemdReport {
 public:
  SystemdReport() {
    std::uint64_t period_us = 0;
    if (sd_watchdog_enabled(0, &period_us) > 0) period_ = std::chrono::microseconds(period_us / 2);
  }
  void alive(const service::LiveService& service) {
    const auto now = std::chrono::steady_clock::now();
    if (period_.count() > 0 && now >= next_) {
      next_ = now + period_;
      sd_notify(0, "WATCHDOG=1");
    }
    if (is_heard_ && now >= next_status_) {
      next_status_ = now + std::chrono::seconds(2);
      sd_notify(0, describe(service.feeds()).c_str());
    }
  }

 private:
  static std::string describe(const std::vector<service::FeedStatus>& feeds) {
    const auto running =
        std::ranges::count(feeds, service::FeedState::kRunning, &service::FeedStatus::state);
    return fmt::format("STATUS={} of {} feeds running", running, feeds.size());
  }

  /// Zero: systemd does not watch.
  std::chrono::microseconds period_{};
  std::chrono::steady_clock::time_point next_{};
  const bool is_heard_ = std::getenv("NOTIFY_SOCKET") != nullptr;
  std::chrono::steady_clock::time_point next_status_{};
};

void say_where(const LiveRequest& request, const service::HttpServer* http, Session& session) {
  if (session.quiet) return;
  log()->info("results: {}/NAME", request.output_folder.string());
  if (http != nullptr) log()->info("HTTP interface: port {}", http->port());
}

}  // namespace

int run_live(const LiveRequest& request, Session& session) {
  if (request.sources.empty() && request.http_address.empty())
    throw Error(ErrorKind::kUsage,
                "no feed: name a source, or --http ADDRESS by which feeds can be added");
  const auto load = [&request](const service::FeedRequest& feed) {
    pipeline::Overrides overrides = request.overrides;
    for (const auto& [name, value] : feed.settings) overrides[name] = value;
    return pipeline::load_config(find_config(feed.config.empty() ? request.config : feed.config),
                                 overrides);
  };
  StopSignal stop;
  ReloadSignal reload;
  service::LiveService service(
      {.folder = request.output_folder, .load_config = load, .threads = request.threads});
  for (std::size_t i = 0; i < request.sources.size(); ++i)
    service.add(to_feed(request.sources[i], i, request.sources.size()));
  std::unique_ptr<service::HttpServer> http;
  if (!request.http_address.empty()) {
    http = std::make_unique<service::HttpServer>(
        service, service::HttpOptions{.address = request.http_address,
                                      .token = read_token(request.token_file)});
  }
  say_where(request, http.get(), session);
  sd_notify(0, "READY=1");
  SystemdReport systemd;
  while (!stop.requested() && (http || !service.ended())) {
    if (reload.take()) {
      sd_notify(0, "RELOADING=1");
      service.reload();
      sd_notify(0, "READY=1");
    }
    systemd.alive(service);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  sd_notify(0, "STOPPING=1");
  http.reset();
  const auto failure = service.failure();
  service.stop();
  if (stop.requested()) return stop.exit_code();
  if (failure) return exit_code(failure->kind());
  return 0;
}

void add_live_command(CLI::App& program, Session& session) {
  CLI::App* command = program.add_subcommand(
      "live", "Caption live feeds as they come, with the names of the speakers");
  auto options = std::make_shared<LiveCommandOptions>();
  command
      ->add_option("source", options->sources,
                   "Feeds: rtsp://, rtmp://, srt://, udp://, rtp://, http(s)://...m3u8, a pipe "
                   "(-), a growing file, v4l2:/dev/video0; env:VARIABLE, whose value is one; as "
                   "NAME=SOURCE or SOURCE")
      ->type_name("[NAME=]SOURCE");
  command
      ->add_option("-o,--output", options->output_folder,
                   "Folder for the results, in a folder of the feed's name")
      ->type_name("FOLDER")
      ->capture_default_str();
  command->add_option("--config", options->config, "Pipeline: a .yaml file or a name")
      ->type_name("CONFIG")
      ->capture_default_str();
  command
      ->add_option("--set", options->settings, "Set a parameter of the pipeline; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--http", options->http_address,
                   "Address of the HTTP interface: feeds, monitor page, metrics; port 0: any")
      ->type_name("HOST:PORT");
  command
      ->add_option("--token-file", options->token_file,
                   fmt::format("File with the token that HTTP clients must show; without it ${}",
                               kTokenVariable))
      ->type_name("FILE");
  command->add_option("-j,--threads", options->threads, "Threads of each feed; 0: all processors")
      ->check(CLI::NonNegativeNumber);
  command->footer(
      "SIGHUP reads the pipelines and reopens log files without losing the feeds; SIGINT and "
      "SIGTERM end them\nwith everything written. docs/live.md has the rest.");
  command->callback([options, &session] {
    session.command = [options, &session] {
      return run_live({.config = options->config,
                       .sources = options->sources,
                       .output_folder = options->output_folder,
                       .overrides = parse_overrides(options->settings),
                       .http_address = options->http_address,
                       .token_file = options->token_file,
                       .threads = options->threads},
                      session);
    };
  });
}

}  // namespace attune::cli
