#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "captions/encoding.h"
#include "captions/formats.h"
#include "core/error.h"

namespace attune::captions {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Reads, and where that succeeds writes and reads again, without loss where no time lies before
/// zero; only Error may come out.
void replay(const Format& format, const std::string& text) {
  Result result;
  try {
    result = format.read(text);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()), "");
    return;
  }
  const std::size_t again = format.read(format.write(result)).captions.size();
  const bool cut = !result.captions.empty() && result.captions[0].span.start < Timestamp::zero();
  if (!cut) {
    EXPECT_GE(again, result.captions.size());
  }
}

TEST(Corpus, EveryReaderTakesWhatFuzzingFound) {
  for (const Format& format : formats()) {
    if (format.read == nullptr || format.name == "ebu-tt-d") continue;
    const fs::path folder = fs::path(ATTUNE_SOURCE_DIR) / "tests/fuzz/corpus" / format.name;
    int count = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
      SCOPED_TRACE(entry.path().string());
      replay(format, content(entry.path()));
      ++count;
    }
    EXPECT_GT(count, 5) << format.name;
  }
}

TEST(Corpus, DetectionTakesWhatFuzzingFound) {
  const fs::path folder = fs::path(ATTUNE_SOURCE_DIR) / "tests/fuzz/corpus/detection";
  for (const auto& entry : fs::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().string());
    const std::string bytes = content(entry.path());
    try {
      const std::string text = decode_text(bytes.substr(std::min<std::size_t>(1, bytes.size())));
      EXPECT_EQ(invalid_utf8(text), std::nullopt);
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()), "");
    }
  }
}

}  // namespace
}  // namespace attune::captions
