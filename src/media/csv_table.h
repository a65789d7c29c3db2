#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/time.h"

namespace attune::media {

/// Which columns of a CSV file to read.
struct CsvColumns {
  /// Name of the column that holds the time, or its number from 1.
  std::string time = "time";
  /// Of the times: "s", "ms", "us" or "ns".
  std::string time_unit = "s";
  /// Names or numbers of the other columns; empty: all.
  std::vector<std::string> values;
};

/// Rows of numbers in time.
struct CsvTable {
  std::vector<std::string> names;
  std::vector<Timestamp> times;
  /// [times, names]
  std::vector<float> values;
};

/// Reads a CSV file (RFC 4180; fields separated by comma, semicolon or tab, whichever the first
/// line has most of). The first line names the columns, unless all its fields are numbers: then
/// columns have numbers only, and the first holds the time where no "time" is named.
/// Throws Error(kInput), naming file and line, when it cannot be read, a column is missing, a field
/// is no finite number, a row has too few fields, or times descend.
CsvTable read_csv(const std::filesystem::path& file, const CsvColumns& columns);

/// Reads a CSV file of numbers alone, all lines of the same length, to [rows, columns].
/// Throws Error(kInput), naming file and line, when it is not one.
std::vector<float> read_csv_matrix(const std::filesystem::path& file, std::int64_t& rows);

}  // namespace attune::media
