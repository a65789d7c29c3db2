#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "batch/batch_folder.h"
#include "batch/ledger.h"

namespace attune::batch {

/// What was found in one recording, read from its JSON result.
struct Finding {
  std::vector<std::string> speakers;
  /// Speech of all speakers, and of those who are not visible.
  Duration speech{};
  Duration off_screen{};
  std::size_t captions = 0;
  /// Where sound and picture are surely apart: the largest offset, sound late positive.
  std::optional<Duration> offset;
  std::vector<std::string> notes;
};

/// One line of the report.
struct ReportEntry {
  LedgerRow row;
  /// Nothing for what failed, and where the pipeline wrote no JSON.
  std::optional<Finding> finding;
};

/// In order of output. Results that cannot be read count as without finding and are told to
/// `problem`.
std::vector<ReportEntry> report_entries(const BatchFolder& folder,
                                        const std::vector<LedgerRow>& rows,
                                        const ProblemVisitor& problem);

/// One page of HTML that needs nothing else: totals, failures, sync warnings, the slowest, and a
/// table of all recordings with links to their results relative to the output folder.
std::string report_html(const std::vector<ReportEntry>& entries, const std::string& title);

/// Sound and picture count as apart from here on (ITU-R BT.1359: detectable when the sound is 45 ms
/// early).
inline constexpr Duration kSyncWarning = std::chrono::milliseconds(45);

}  // namespace attune::batch
