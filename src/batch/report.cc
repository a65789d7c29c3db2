#include "batch/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "captions/result_json_reader.h"
#include "core/error.h"
#include "core/time.h"

namespace attune::batch {
namespace fs = std::filesystem;
namespace {

/// Under this the offset of a stretch says little.
constexpr float kSureOffset = 0.5f;

/// The JSON result among the files of an item.
std::optional<fs::path> json_result(const BatchFolder& folder, const LedgerRow& row) {
  std::error_code error;
  for (fs::directory_iterator entry(folder.results(row.output), error), end; entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.ends_with(".json") && !name.starts_with('.')) return entry->path();
  }
  return std::nullopt;
}

std::optional<Duration> largest_sure_offset(const std::vector<align::SyncOffset>& sync) {
  std::optional<Duration> largest;
  for (const align::SyncOffset& stretch : sync) {
    if (stretch.confidence < kSureOffset) continue;
    if (!largest || std::chrono::abs(stretch.offset) > std::chrono::abs(*largest))
      largest = stretch.offset;
  }
  return largest;
}

Finding finding_of(const captions::Result& result) {
  Finding finding;
  for (const captions::Speaker& speaker : result.speakers)
    if (speaker.id != 0) finding.speakers.push_back(speaker.name);
  for (const align::SpeechSegment& segment : result.segments) {
    finding.speech += segment.span.duration();
    if (!segment.on_screen()) finding.off_screen += segment.span.duration();
  }
  finding.captions = result.captions.size();
  finding.offset = largest_sure_offset(result.sync);
  finding.notes = result.notes;
  return finding;
}

std::optional<Finding> read_finding(const BatchFolder& folder, const LedgerRow& row,
                                    const ProblemVisitor& problem) {
  const auto file = json_result(folder, row);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << std::ifstream(*file, std::ios::binary).rdbuf();
  try {
    return finding_of(captions::read_result_json(text.str()));
  } catch (const Error& error) {
    problem(file->string() + ": " + error.what());
    return std::nullopt;
  }
}

}  // namespace

std::vector<ReportEntry> report_entries(const BatchFolder& folder,
                                        const std::vector<LedgerRow>& rows,
                                        const ProblemVisitor& problem) {
  std::vector<ReportEntry> entries;
  for (const LedgerRow& row : rows) {
    ReportEntry entry{row, std::nullopt};
    if (row.is_done()) entry.finding = read_finding(folder, row, problem);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace attune::batch
