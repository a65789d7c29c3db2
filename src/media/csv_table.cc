#include "media/csv_table.h"

#include <csv.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <exception>
#include <fstream>
#include <limits>
#include <optional>
#include <span>

#include "core/error.h"

namespace attune::media {

namespace {

std::optional<double> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

double nanoseconds_in(const std::string& unit) {
  if (unit == "ms") return 1e6;
  if (unit == "us") return 1e3;
  if (unit == "ns") return 1;
  return 1e9;
}

/// libcsv's parser, which owns memory.
class Parser {
 public:
  explicit Parser(char delimiter) {
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    csv_set_delim(&parser_, static_cast<unsigned char>(delimiter));
  }
  ~Parser() { csv_free(&parser_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  csv_parser* get() { return &parser_; }

 private:
  csv_parser parser_{};
};

/// Rows of a file, one after the other. Calls row(fields) of the class that derives from it.
class RowReader {
 public:
  explicit RowReader(const std::filesystem::path& file) : file_(file) {}
  virtual ~RowReader() = default;

  void read_rows() {
    std::ifstream stream(file_, std::ios::binary);
    if (!stream) fail(std::strerror(errno));
    std::string piece(1 << 16, '\0');
    stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    std::string_view text =
        std::string_view(piece).substr(0, static_cast<std::size_t>(stream.gcount()));
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    if (text.find('\0') != std::string_view::npos) fail("is no text, and so no CSV file");
    Parser parser(delimiter_of(text));
    parse(parser, text);
    while (stream) {
      stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
      parse(parser, std::string_view(piece).substr(0, static_cast<std::size_t>(stream.gcount())));
    }
    if (stream.bad()) fail(std::strerror(errno));
    if (csv_fini(parser.get(), &on_field, &on_row, this) != 0)
      fail_at_line("a quote is not closed");
    if (error_) std::rethrow_exception(error_);
  }

 protected:
  virtual void row(const std::vector<std::string>& fields) = 0;

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorKind::kInput, fmt::format("{}: {}", file_.string(), what));
  }
  [[noreturn]] void fail_at_line(const std::string& what) const {
    throw Error(ErrorKind::kInput, fmt::format("{}:{}: {}", file_.string(), line_, what));
  }

  double number_at(const std::vector<std::string>& fields, std::size_t place) const {
    if (place >= fields.size())
      fail_at_line(
          fmt::format("the row has {} fields, column {} is missing", fields.size(), place + 1));
    const auto number = parse_number(fields[place]);
    if (!number || !std::isfinite(*number) || std::abs(*number) > std::numeric_limits<float>::max())
      fail_at_line(fmt::format("column {}: '{}' is no number", place + 1, fields[place]));
    return *number;
  }

 private:
  static char delimiter_of(std::string_view head) {
    const std::string_view line = head.substr(0, head.find('\n'));
    return *std::ranges::max_element(std::string_view(",;\t"), {},
                                     [&](char c) { return std::ranges::count(line, c); });
  }

  void parse(Parser& parser, std::string_view text) {
    const std::size_t taken =
        csv_parse(parser.get(), text.data(), text.size(), &on_field, &on_row, this);
    if (error_) std::rethrow_exception(error_);
    if (taken != text.size()) fail_at_line(csv_strerror(csv_error(parser.get())));
  }

  // C calls these: exceptions wait in error_ until the parser has returned.
  static void on_field(void* text, std::size_t length, void* self) {
    auto* reader = static_cast<RowReader*>(self);
    try {
      reader->fields_.emplace_back(static_cast<const char*>(text), length);
    } catch (...) {
      reader->error_ = std::current_exception();
    }
  }
  // Also called for empty lines, and for each half of a carriage return with line feed.
  static void on_row(int terminator, void* self) {
    auto* reader = static_cast<RowReader*>(self);
    if (reader->error_) return;
    const std::vector<std::string>& fields = reader->fields_;
    try {
      if (!fields.empty() && (fields.size() > 1 || !fields.front().empty())) reader->row(fields);
    } catch (...) {
      reader->error_ = std::current_exception();
    }
    reader->fields_.clear();
    if (terminator != '\n' || !reader->after_return_) ++reader->line_;
    reader->after_return_ = terminator == '\r';
  }

  const std::filesystem::path& file_;
  std::int64_t line_ = 1;
  bool after_return_ = false;
  std::vector<std::string> fields_;
  std::exception_ptr error_;
};

class TableReader : public RowReader {
 public:
  TableReader(const std::filesystem::path& file, const CsvColumns& columns)
      : RowReader(file), columns_(columns), unit_(nanoseconds_in(columns.time_unit)) {}

  CsvTable read() {
    read_rows();
    if (table_.times.empty()) fail("has no rows of numbers");
    return std::move(table_);
  }

 private:
  void row(const std::vector<std::string>& fields) override {
    if (taken_.empty()) {
      const bool named = !std::ranges::all_of(
          fields, [](const std::string& field) { return parse_number(field).has_value(); });
      choose_columns(fields, named);
      if (named) return;
    }
    add_row(fields);
  }

  void choose_columns(const std::vector<std::string>& fields, bool named) {
    const auto width = static_cast<std::int64_t>(fields.size());
    const auto find = [&](const std::string& column) -> std::optional<std::size_t> {
      const auto found = named ? std::ranges::find(fields, column) : fields.end();
      if (found != fields.end()) return static_cast<std::size_t>(found - fields.begin());
      const auto number = parse_number(column);
      if (number && *number >= 1 && *number <= static_cast<double>(width) &&
          *number == std::floor(*number))
        return static_cast<std::size_t>(*number) - 1;
      return std::nullopt;
    };
    const auto require = [&](const std::string& column) {
      if (const auto place = find(column)) return *place;
      fail_at_line(named ? fmt::format("there is no column '{}'; there are {}", column,
                                       fmt::join(fields, ", "))
                         : fmt::format("there is no column '{}'; the {} columns have no names: "
                                       "write their numbers, from 1",
                                       column, width));
    };
    const bool by_default = columns_.time == CsvColumns().time;
    time_ = !named && by_default ? 0 : require(columns_.time);
    taken_.push_back(time_);
    for (const std::string& column : columns_.values) taken_.push_back(require(column));
    if (columns_.values.empty()) {
      for (std::size_t i = 0; i < fields.size(); ++i)
        if (i != time_) taken_.push_back(i);
    }
    if (taken_.size() == 1) fail_at_line("there is no column beside the time");
    for (const std::size_t place : std::span(taken_).subspan(1))
      table_.names.push_back(named ? fields[place] : std::to_string(place + 1));
  }

  void add_row(const std::vector<std::string>& fields) {
    const double nanoseconds = number_at(fields, time_) * unit_;
    if (std::abs(nanoseconds) > 9e18) fail_at_line("the time is beyond 292 years");
    const Timestamp time(std::llround(nanoseconds));
    if (!table_.times.empty() && time < table_.times.back())
      fail_at_line(fmt::format("the time {} s is before that of the row above, {} s",
                               to_seconds(time), to_seconds(table_.times.back())));
    table_.times.push_back(time);
    for (const std::size_t place : std::span(taken_).subspan(1))
      table_.values.push_back(static_cast<float>(number_at(fields, place)));
  }

  const CsvColumns& columns_;
  double unit_;
  std::size_t time_ = 0;
  /// Places of the columns that are read, that of the time first.
  std::vector<std::size_t> taken_;
  CsvTable table_;
};

class MatrixReader : public RowReader {
 public:
  explicit MatrixReader(const std::filesystem::path& file) : RowReader(file) {}

  std::vector<float> read(std::int64_t& rows) {
    read_rows();
    if (values_.empty()) fail("has no numbers");
    rows = static_cast<std::int64_t>(values_.size() / columns_);
    return std::move(values_);
  }

 private:
  void row(const std::vector<std::string>& fields) override {
    if (columns_ == 0) columns_ = fields.size();
    if (fields.size() != columns_)
      fail_at_line(fmt::format("the row has {} fields, the first one {}", fields.size(), columns_));
    for (std::size_t place = 0; place < columns_; ++place)
      values_.push_back(static_cast<float>(number_at(fields, place)));
  }

  std::size_t columns_ = 0;
  std::vector<float> values_;
};

}  // namespace

CsvTable read_csv(const std::filesystem::path& file, const CsvColumns& columns) {
  return TableReader(file, columns).read();
}

std::vector<float> read_csv_matrix(const std::filesystem::path& file, std::int64_t& rows) {
  return MatrixReader(file).read(rows);
}

}  // namespace attune::media
