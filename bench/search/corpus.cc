#include "corpus.h"

#include <fmt/format.h>

#include <algorithm>

#include "captions/result_json.h"
#include "core/output_files.h"

namespace attune::bench {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr int kSpeakers = 4;
constexpr int kFolderSize = 100;

/// A number in the system of 70 syllables, the lowest digit first.
std::string spelled(int number) {
  constexpr std::string_view kConsonants = "bdfgklmnprstvz";
  constexpr std::string_view kVowels = "aeiou";
  constexpr int kSyllables = 70;
  std::string word;
  do {
    const int syllable = number % kSyllables;
    word += kConsonants[static_cast<std::size_t>(syllable % 14)];
    word += kVowels[static_cast<std::size_t>(syllable / 14)];
    number /= kSyllables;
  } while (number-- > 0);
  return word;
}

std::string chinese(int rank) {
  const int point = 0x4E00 + rank % 5000;
  std::string text;
  text += static_cast<char>(0xE0 | point >> 12);
  text += static_cast<char>(0x80 | (point >> 6 & 0x3F));
  text += static_cast<char>(0x80 | (point & 0x3F));
  return text;
}

/// Numbers below `end`; the standard's distributions differ between libraries.
int below(int end, std::mt19937_64& random) {
  return static_cast<int>(random() % static_cast<std::uint64_t>(end));
}

void add_cue(captions::Result& result, int index, bool is_chinese, const Vocabulary& vocabulary,
             std::mt19937_64& random) {
  captions::Caption& cue = result.captions.emplace_back();
  cue.span.start = milliseconds(3500 * index);
  cue.span.end = cue.span.start + milliseconds(3400);
  cue.speaker = below(10, random) == 0 ? 0 : 1 + (index / 8) % kSpeakers;
  for (const captions::Speaker& speaker : result.speakers)
    if (speaker.id == cue.speaker) cue.speaker_name = speaker.name;
  const int words = 6 + below(9, random);
  const milliseconds pace = milliseconds(3400) / words;
  cue.lines = {"", ""};
  for (int i = 0; i < words; ++i) {
    const int rank = vocabulary.draw(random);
    align::Word word;
    word.text = is_chinese ? chinese(rank) : vocabulary.word(rank);
    word.span = {cue.span.start + i * pace, cue.span.start + (i + 1) * pace};
    word.confidence = static_cast<float>(0.5 + 0.001 * below(500, random));
    word.speaker = cue.speaker;
    std::string& line = cue.lines[i < words / 2 ? 0 : 1];
    if (!line.empty() && !is_chinese) line += ' ';
    line += word.text;
    result.words.push_back(std::move(word));
  }
}

void add_events(captions::Result& result, std::mt19937_64& random) {
  for (const captions::Caption& cue : result.captions)
    result.segments.push_back({cue.span, cue.speaker, {}, 0.9f});
  Timestamp start{};
  for (int shot = 0; start < result.media.span.end; ++shot) {
    const Timestamp end =
        std::min(start + milliseconds(2000 + below(12'000, random)), result.media.span.end);
    result.shots.push_back({{start, end}, shot});
    start = end;
  }
  const bool late = below(20, random) == 0;
  result.sync = {{result.media.span, milliseconds(late ? 160 : 8), 0.9f}};
}

}  // namespace

Vocabulary::Vocabulary(int size) {
  double sum = 0;
  for (int rank = 0; rank < size; ++rank) {
    words_.push_back(spelled(rank));
    cumulative_.push_back(sum += 1.0 / (rank + 2));
  }
}

int Vocabulary::draw(std::mt19937_64& random) const {
  const double share = static_cast<double>(random() >> 11) * 0x1p-53;
  const auto found =
      std::upper_bound(cumulative_.begin(), cumulative_.end(), share * cumulative_.back());
  return static_cast<int>(std::min<std::ptrdiff_t>(found - cumulative_.begin(), size() - 1));
}

captions::Result Corpus::recording(int file) const {
  std::mt19937_64 random(seed_ * 1'000'003 + static_cast<std::uint64_t>(file));
  captions::Result result;
  result.attune_version = "bench";
  result.media.path = fmt::format("archive/{:06}.mp4", file);
  result.media.container = "mov,mp4";
  result.media.span = {{}, milliseconds(3500 * kCuesPerFile)};
  result.speakers = {{0, "Off-screen", {}, {}}};
  for (int i = 1; i <= kSpeakers; ++i)
    result.speakers.push_back({i, fmt::format("Speaker {}", i), {}, {}});
  // One in four programmes has a presenter with a name.
  if (file % 4 == 0) result.speakers[1].name = fmt::format("{} Moderator", vocabulary_.word(file));
  for (int i = 0; i < kCuesPerFile; ++i) add_cue(result, i, is_chinese(file), vocabulary_, random);
  add_events(result, random);
  return result;
}

void Corpus::write(const fs::path& folder) const {
  for (int file = 0; file < files_; ++file) {
    const fs::path place = folder / fmt::format("{:04}", file / kFolderSize);
    const std::string stem = fmt::format("{:06}", file);
    if (fs::exists(place / (stem + ".json"))) continue;
    OutputFiles output(place, stem);
    output.write(".json", captions::write_result_json(recording(file)));
    output.commit();
  }
}

}  // namespace attune::bench
