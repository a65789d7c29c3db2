#include "batch/record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <fstream>
#include <sstream>

#include "core/error.h"

namespace attune::batch {
namespace {

using nlohmann::json;

constexpr const char* kSchema = "attune-batch-record-1";

json models_json(const Record& record) {
  json models = json::object();
  for (const auto& [role, model] : record.models)
    models[role] = {{"name", model.name}, {"sha256", model.sha256}};
  return models;
}

json input_json(const Record& record) {
  json input = {{"path", record.item.input}, {"origin", record.item.origin}};
  if (record.input_state) {
    input["size"] = record.input_state->size;
    input["mtime_ns"] = record.input_state->mtime_ns;
  }
  if (!record.input_sha256.empty()) input["sha256"] = record.input_sha256;
  if (record.item.duration) input["duration"] = to_seconds(*record.item.duration);
  return input;
}

std::chrono::system_clock::time_point parse_utc(const std::string& text) {
  std::tm parts{};
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) == nullptr)
    throw Error(ErrorKind::kInput, "'" + text + "' is not a time");
  return std::chrono::system_clock::from_time_t(timegm(&parts));
}

void read_input(const json& input, Record& record) {
  record.item.input = input.at("path");
  record.item.origin = input.value("origin", "");
  if (input.contains("size"))
    record.input_state = InputState{input.at("size"), input.at("mtime_ns")};
  record.input_sha256 = input.value("sha256", "");
  if (input.contains("duration")) record.item.duration = from_seconds(input.at("duration"));
}

void read_failure(const json& object, Record& record) {
  const auto kind = failure_class(object.at("class").get<std::string>());
  record.failure = Failure{kind.value_or(FailureClass::kCrash), object.at("message")};
  record.log = object.value("log", std::vector<std::string>{});
}

Record from_json(const json& object) {
  if (object.at("schema") != kSchema) throw Error(ErrorKind::kInput, "of another version");
  Record record;
  read_input(object.at("input"), record);
  record.item.output = object.at("output").get<std::string>();
  record.item.settings = object.at("settings");
  record.item.metadata = object.value("metadata", json());
  record.settings_hash = object.at("settings_hash");
  for (const auto& [role, model] : object.at("models").items())
    record.models[role] = {model.at("name"), model.at("sha256")};
  record.attune_version = object.at("attune");
  record.files = object.at("files");
  record.started = parse_utc(object.at("started"));
  record.wall = from_seconds(object.at("wall"));
  record.media = from_seconds(object.at("media"));
  record.peak_memory_bytes = object.at("peak_memory");
  record.attempts = object.at("attempts");
  record.exit_code = object.at("exit_code");
  record.host = object.at("host");
  record.shard = object.value("shard", "");
  if (object.contains("failure")) read_failure(object.at("failure"), record);
  return record;
}

}  // namespace

std::string format_utc(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string to_text(const Record& record) {
  json object = {{"schema", kSchema},
                 {"input", input_json(record)},
                 {"output", record.item.output.string()},
                 {"settings", record.item.settings},
                 {"settings_hash", record.settings_hash},
                 {"models", models_json(record)},
                 {"attune", record.attune_version},
                 {"files", record.files},
                 {"started", format_utc(record.started)},
                 {"wall", to_seconds(record.wall)},
                 {"media", to_seconds(record.media)},
                 {"peak_memory", record.peak_memory_bytes},
                 {"attempts", record.attempts},
                 {"exit_code", record.exit_code},
                 {"host", record.host}};
  if (!record.item.metadata.is_null()) object["metadata"] = record.item.metadata;
  if (!record.shard.empty()) object["shard"] = record.shard;
  if (record.failure) {
    object["failure"] = {{"class", name(record.failure->kind)},
                         {"message", record.failure->message},
                         {"log", record.log}};
  }
  // What a library says in a message need not be UTF-8.
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

Record read_record(const std::filesystem::path& file) {
  std::ostringstream text;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(ErrorKind::kInput, file.string() + ": cannot be opened");
  text << stream.rdbuf();
  try {
    return from_json(json::parse(text.str()));
  } catch (const json::exception& error) {
    throw Error(ErrorKind::kInput,
                fmt::format("{}: not a record of attune batch: {}", file.string(), error.what()));
  } catch (const Error& error) {
    throw error.within(file.string() + ": not a record of attune batch");
  }
}

}  // namespace attune::batch
