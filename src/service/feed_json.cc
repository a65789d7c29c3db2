#include "service/feed_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/error.h"
#include "core/nearest_name.h"

namespace attune::service {
namespace {

nlohmann::json seconds_or_null(const std::optional<Duration>& duration) {
  return duration ? nlohmann::json(to_seconds(*duration)) : nlohmann::json();
}

[[noreturn]] void refuse_request(const std::string& problem) {
  throw Error(ErrorKind::kUsage,
              problem + R"( A feed is {"name": …, "source": …, "config"?: …, "settings"?: {…}}.)");
}

/// A zero byte would end an address early, and a line break would forge a line of the log.
std::string plain_text(const nlohmann::json& value, const std::string& member) {
  if (!value.is_string()) refuse_request(fmt::format("\"{}\" must be text.", member));
  const auto& text = value.get_ref<const std::string&>();
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 32 || c == 127; }))
    refuse_request(fmt::format("\"{}\" holds a control character.", member));
  return text;
}

std::string setting_text(const nlohmann::json& value, const std::string& member) {
  if (value.is_number() || value.is_boolean()) return value.dump();
  return plain_text(value, member);
}

nlohmann::json parse_object(const std::string& body) {
  nlohmann::json content;
  try {
    content = nlohmann::json::parse(body);
  } catch (const nlohmann::json::parse_error& error) {
    refuse_request(fmt::format("The body is not JSON, from byte {} on.", error.byte));
  }
  if (!content.is_object()) refuse_request("The body is not a JSON object.");
  return content;
}

nlohmann::json outputs_json(const std::vector<OutputStatus>& outputs) {
  nlohmann::json all = nlohmann::json::array();
  for (const OutputStatus& output : outputs) {
    const live::OutputCounts& counts = output.counts;
    nlohmann::json told = {{"name", output.name},
                           {"kind", counts.kind},
                           {"written", counts.written},
                           {"lost", counts.lost},
                           {"failures", counts.failures}};
    if (counts.waiting) told["waiting"] = *counts.waiting;
    all.push_back(std::move(told));
  }
  return all;
}

}  // namespace

nlohmann::json feed_json(const FeedStatus& status) {
  const auto& steps = status.load_steps;
  return {{"name", status.name},
          {"source", status.source},
          {"config", status.config},
          {"state", name(status.state)},
          {"problem", status.problem},
          {"uptime", to_seconds(status.uptime)},
          {"media_time", to_seconds(status.media_time)},
          {"latency_budget", to_seconds(status.speech.budget)},
          {"latency_median", seconds_or_null(status.speech.median)},
          {"latency_p99", seconds_or_null(status.speech.p99)},
          {"late_results", status.speech.late},
          {"results", status.speech.results},
          {"caption_latency_budget", to_seconds(status.caption.budget)},
          {"caption_latency_median", seconds_or_null(status.caption.median)},
          {"caption_latency_p99", seconds_or_null(status.caption.p99)},
          {"late_captions", status.caption.late},
          {"load_level", status.load_level},
          {"load_effect", status.load_effect},
          {"load_steps", std::accumulate(steps.begin(), steps.end(), std::int64_t{0})},
          {"connections", status.connections},
          {"discontinuities", status.discontinuities},
          {"restarts", status.restarts},
          {"pictures_dropped", status.pictures_dropped},
          {"sound_dropped", status.sound_dropped},
          {"read_errors", status.read_errors},
          {"input_bytes", status.input_bytes},
          {"drift_ppm", status.drift_ppm ? nlohmann::json(*status.drift_ppm) : nlohmann::json()},
          {"segments", status.segments},
          {"captions", status.captions},
          {"captions_skipped", status.captions_skipped},
          {"outputs", outputs_json(status.outputs)}};
}

FeedRequest read_feed_request(const std::string& body) {
  const nlohmann::json content = parse_object(body);
  FeedRequest request;
  request.is_confined = true;
  for (const auto& [member, value] : content.items()) {
    if (member == "name") {
      request.name = plain_text(value, member);
    } else if (member == "source") {
      request.source = plain_text(value, member);
    } else if (member == "config") {
      request.config = plain_text(value, member);
      if (request.config.find_first_of("/.") != std::string::npos)
        refuse_request("\"config\" must be the name of a pipeline, not a path.");
    } else if (member == "settings") {
      if (!value.is_object()) refuse_request("\"settings\" must be an object.");
      for (const auto& [name, setting] : value.items())
        request.settings[name] = setting_text(setting, "settings." + name);
    } else {
      const std::string near = nearest_name(member, {"name", "source", "config", "settings"});
      refuse_request(fmt::format("There is no \"{}\"{}.", member,
                                 near.empty() ? "" : fmt::format("; is \"{}\" meant?", near)));
    }
  }
  if (request.name.empty()) refuse_request("\"name\" is missing.");
  if (request.source.empty()) refuse_request("\"source\" is missing.");
  return request;
}

}  // namespace attune::service
