#include "nodes/csv_source.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "media/csv_table.h"
#include "nodes/token_sequence.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

std::vector<std::string> parse_list(const std::string& text) {
  std::vector<std::string> items;
  std::istringstream stream(text);
  for (std::string item; std::getline(stream, item, ',');) {
    const auto first = item.find_first_not_of(' ');
    if (first != std::string::npos)
      items.push_back(item.substr(first, item.find_last_not_of(' ') - first + 1));
  }
  return items;
}

/// Each column less its mean, by its standard deviation; constant columns become 0.
void standardize(std::vector<float>& values, std::size_t width) {
  const std::size_t rows = values.size() / width;
  for (std::size_t c = 0; c < width; ++c) {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < rows; ++i) sum += values[i * width + c];
    const double mean = sum / static_cast<double>(rows);
    for (std::size_t i = 0; i < rows; ++i) squares += std::pow(values[i * width + c] - mean, 2);
    const double deviation = std::sqrt(squares / static_cast<double>(rows));
    for (std::size_t i = 0; i < rows; ++i) {
      float& value = values[i * width + c];
      value = deviation > 0 ? static_cast<float>((value - mean) / deviation) : 0.0F;
    }
  }
}

class CsvSourceNode : public pipeline::SourceNode {
 public:
  explicit CsvSourceNode(const pipeline::Parameters& parameters)
      : file_(parameters.get<std::string>("file")),
        columns_{.time = parameters.get<std::string>("time"),
                 .time_unit = parameters.get<std::string>("time_unit"),
                 .values = parse_list(parameters.get<std::string>("columns"))},
        standardize_(parameters.get<bool>("standardize")) {}

  void open(pipeline::RunContext& context) override {
    table_ = media::read_csv(file_.empty() ? context.input : file_, columns_);
    if (standardize_) standardize(table_.values, table_.names.size());
    if (file_.empty()) {
      context.start = table_.times.front();
      context.total = table_.times.back() - table_.times.front();
    }
  }

  bool produce(pipeline::Emitter& out) override {
    const std::size_t width = table_.names.size();
    const std::size_t end = std::min(next_ + kRows, table_.times.size());
    TokenSequence tokens;
    tokens.width = static_cast<std::int64_t>(width);
    tokens.times.assign(table_.times.begin() + static_cast<std::ptrdiff_t>(next_),
                        table_.times.begin() + static_cast<std::ptrdiff_t>(end));
    tokens.tokens.assign(table_.values.begin() + static_cast<std::ptrdiff_t>(next_ * width),
                         table_.values.begin() + static_cast<std::ptrdiff_t>(end * width));
    const TimeSpan span{tokens.times.front(), tokens.times.back()};
    out.emit(Packet::data(span, std::move(tokens)));
    next_ = end;
    if (next_ < table_.times.size()) out.emit(Packet::watermark(table_.times[next_]));
    return next_ < table_.times.size();
  }

 private:
  static constexpr std::size_t kRows = 64;

  std::string file_;
  media::CsvColumns columns_;
  bool standardize_;
  media::CsvTable table_;
  std::size_t next_ = 0;
};

}  // namespace

pipeline::NodeType csv_source_type() {
  return {
      .name = "csv_source",
      .summary = "Rows of a CSV file as tokens: sensors, words, anything in time",
      .doc =
          "One token for each row, with a time and as many numbers as columns are read. The first\n"
          "line names the columns, unless it holds numbers only. Rows must be in order of time.\n"
          "Latency: none. Memory: the numbers of the file.",
      .inputs = {},
      .outputs = {pipeline::port<TokenSequence>("tokens", "one for each row")},
      .parameters = {{.name = "file",
                      .default_value = std::string(),
                      .doc = "the CSV file; by default the input that the run is given"},
                     {.name = "time",
                      .default_value = std::string("time"),
                      .doc = "column of the time, by name or number from 1"},
                     {.name = "time_unit",
                      .default_value = std::string("s"),
                      .doc = "what the times are counted in",
                      .choices = {"s", "ms", "us", "ns"}},
                     {.name = "columns",
                      .default_value = std::string(),
                      .doc = "columns to read, by name or number from 1, separated by commas; all "
                             "others than the time by default"},
                     {.name = "standardize",
                      .default_value = true,
                      .doc = "give each column mean 0 and standard deviation 1"}},
      .concurrency = pipeline::Concurrency::kSource,
      .example = "wrist: {type: csv_source, file: wrist.csv, columns: \"ax, ay, az\"}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<CsvSourceNode>(p); },
  };
}

}  // namespace attune::nodes
