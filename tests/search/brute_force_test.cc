// The index against a search by hand over generated recordings whose words are known apart from
// how they are written.

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

#include "archive.h"

namespace attune::search {
namespace {

using std::chrono::milliseconds;

/// As it is written in a cue, and what it comes down to; Chinese words are letters by themselves.
struct Word {
  const char* written;
  std::vector<std::string> folded;
};

const std::vector<Word>& vocabulary() {
  static const std::vector<Word> words = {
      {"the", {"the"}},
      {"The", {"the"}},
      {"and", {"and"}},
      {"café", {"cafe"}},
      {"CAFE", {"cafe"}},
      {"theatre,", {"theatre"}},
      {"don't", {"don", "t"}},
      {"Straße", {"strasse"}},
      {"naïve!", {"naive"}},
      {"日本", {"日", "本"}},
      {"本", {"本"}},
      {"日", {"日"}},
      {"12", {"12"}},
      {"mouse", {"mouse"}},
      {"mousetrap", {"mousetrap"}},
      {"ёлка", {"елка"}},
      {"-", {}},
      {"हिन्दी", {"हिन्दी"}},
  };
  return words;
}

/// The queries' words, folded, with how a person may type them.
const std::vector<Word>& terms() {
  static const std::vector<Word> words = {
      {"THE", {"the"}},       {"and", {"and"}},        {"cafe", {"cafe"}},
      {"Café", {"cafe"}},     {"don’t", {"don", "t"}}, {"strasse", {"strasse"}},
      {"日本", {"日", "本"}}, {"日", {"日"}},          {"mouse", {"mouse"}},
      {"12", {"12"}},         {"Ёлка", {"елка"}},      {"nowhere", {"nowhere"}},
  };
  return words;
}

struct Cue {
  std::string file;
  std::int64_t start_ms = 0;
  std::string speaker;
  bool at_cut = false;
  std::vector<std::string> words;
  /// Where the file goes on.
  const Cue* next = nullptr;
};

/// A query as text and as a predicate.
struct Question {
  std::string text;
  std::function<bool(const Cue&)> holds;
};

bool fits(const std::vector<std::string>& words, std::size_t at,
          const std::vector<std::string>& phrase, bool prefix) {
  if (at + phrase.size() > words.size()) return false;
  for (std::size_t i = 0; i < phrase.size(); ++i) {
    const std::string& word = words[at + i];
    const bool open = prefix && i + 1 == phrase.size();
    if (open ? word.compare(0, phrase[i].size(), phrase[i]) != 0 : word != phrase[i]) return false;
  }
  return true;
}

bool holds_phrase(const Cue& cue, const std::vector<std::string>& phrase, bool prefix,
                  bool runs_over) {
  std::vector<std::string> words = cue.words;
  if (runs_over && cue.next != nullptr)
    words.insert(words.end(), cue.next->words.begin(), cue.next->words.end());
  for (std::size_t at = 0; at < cue.words.size(); ++at) {
    const bool within = at + phrase.size() <= cue.words.size();
    if ((within || runs_over) && fits(words, at, phrase, prefix)) return true;
  }
  return false;
}

class BruteForceTest : public ::testing::Test {
 protected:
  BruteForceTest() {
    for (int file = 0; file < 30; ++file) generate(file);
    for (std::size_t i = 0; i + 1 < cues_.size(); ++i)
      if (cues_[i].file == cues_[i + 1].file) cues_[i].next = &cues_[i + 1];
    EXPECT_TRUE(archive_.update().failures.empty());
  }

  std::size_t below(std::size_t end) { return random_() % end; }

  void generate(int number) {
    // The order in which files are put into the index is not that of their paths.
    const std::string name = (number % 3 == 0 ? "b/" : "a/") + std::to_string(number) + ".json";
    captions::Result result;
    result.media.path = name;
    result.speakers = {{0, "Off-screen", {}, {}}, {1, "Ann Lee", {}, {}}, {2, "Léa", {}, {}}};
    for (int i = 0; i < 25; ++i) {
      captions::Caption& caption = result.captions.emplace_back();
      caption.span = {milliseconds(1000 * i), milliseconds(1000 * i + 900)};
      caption.speaker = static_cast<int>(below(3));
      caption.speaker_name = result.speakers[static_cast<std::size_t>(caption.speaker)].name;
      caption.lines = {"", ""};
      Cue cue{name, 1000 * i, caption.speaker_name, below(4) == 0, {}, nullptr};
      const std::size_t length = 1 + below(6);
      for (std::size_t w = 0; w < length; ++w) {
        const Word& word = vocabulary()[below(vocabulary().size())];
        caption.lines[w % 2] += std::string(caption.lines[w % 2].empty() ? "" : " ");
        lines_[w % 2].push_back(&word);
        caption.lines[w % 2] += word.written;
      }
      for (auto& line : lines_) {
        for (const Word* word : line)
          cue.words.insert(cue.words.end(), word->folded.begin(), word->folded.end());
        line.clear();
      }
      if (caption.lines[1].empty()) caption.lines.pop_back();
      const Timestamp cut = caption.span.start + milliseconds(500);
      if (cue.at_cut) result.shots.push_back({{cut, cut + milliseconds(1)}, 0});
      cues_.push_back(std::move(cue));
    }
    // The first shot is no change.
    result.shots.insert(result.shots.begin(), {{{}, milliseconds(1)}, 0});
    archive_.write(name, captions::write_result_json(result));
  }

  Question phrase(bool quoted) {
    std::vector<std::string> folded;
    std::string text;
    const std::size_t length = quoted ? 1 + below(3) : 1;
    for (std::size_t i = 0; i < length; ++i) {
      const Word& term = terms()[below(terms().size())];
      text += (i > 0 ? " " : "") + std::string(term.written);
      folded.insert(folded.end(), term.folded.begin(), term.folded.end());
    }
    const bool prefix = below(4) == 0;
    if (quoted) text = '"' + text + '"';
    if (prefix) text += '*';
    return {text, [=](const Cue& cue) { return holds_phrase(cue, folded, prefix, quoted); }};
  }

  Question question(int depth) {
    if (depth == 0 || below(3) == 0) return phrase(below(2) == 0);
    const Question left = question(depth - 1);
    const Question right = question(depth - 1);
    switch (below(3)) {
      case 0:
        return {"(" + left.text + " OR " + right.text + ")",
                [=](const Cue& cue) { return left.holds(cue) || right.holds(cue); }};
      case 1:
        return {"(" + left.text + " NOT " + right.text + ")",
                [=](const Cue& cue) { return left.holds(cue) && !right.holds(cue); }};
      default:
        return {"(" + left.text + " AND " + right.text + ")",
                [=](const Cue& cue) { return left.holds(cue) && right.holds(cue); }};
    }
  }

  /// In the order of kTime.
  std::vector<std::string> by_hand(const std::function<bool(const Cue&)>& holds) const {
    std::vector<const Cue*> found;
    for (const Cue& cue : cues_)
      if (holds(cue)) found.push_back(&cue);
    std::sort(found.begin(), found.end(), [](const Cue* a, const Cue* b) {
      return std::tie(a->file, a->start_ms) < std::tie(b->file, b->start_ms);
    });
    std::vector<std::string> places;
    for (const Cue* cue : found) places.push_back(cue->file + ' ' + std::to_string(cue->start_ms));
    return places;
  }

  Archive archive_;
  std::mt19937_64 random_{3};
  std::vector<Cue> cues_;
  std::vector<const Word*> lines_[2];
};

TEST_F(BruteForceTest, QueriesOfAllKindsFindTheSame) {
  std::size_t hits = 0;
  for (int round = 0; round < 400; ++round) {
    const Question asked = question(3);
    SearchRequest request = archive_.request(asked.text);
    request.order = Order::kTime;
    const std::vector<std::string> expected = by_hand(asked.holds);
    EXPECT_EQ(archive_.places(request), expected) << asked.text;
    hits += expected.size();
    request.order = Order::kRelevance;
    std::vector<std::string> ranked = archive_.places(request);
    std::sort(ranked.begin(), ranked.end());
    std::vector<std::string> sorted = expected;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(ranked, sorted) << asked.text;
  }
  EXPECT_GT(hits, 1000u);
}

TEST_F(BruteForceTest, SpeakersEventsAndFilesNarrowIt) {
  for (int round = 0; round < 100; ++round) {
    const Question asked = question(1);
    SearchRequest request = archive_.request(asked.text);
    request.order = Order::kTime;
    request.speaker = below(2) == 0 ? "lea" : "Lee";
    const std::string speaker = request.speaker == "lea" ? "Léa" : "Ann Lee";
    if (below(2) == 0) request.event = "shot-change";
    if (below(2) == 0) request.file = "b/*";
    const std::vector<std::string> expected = by_hand([&](const Cue& cue) {
      return asked.holds(cue) && cue.speaker == speaker && (request.event.empty() || cue.at_cut) &&
             (request.file.empty() || cue.file.starts_with("b/"));
    });
    EXPECT_EQ(archive_.places(request), expected) << asked.text;
  }
  SearchRequest request = archive_.request("");
  request.speaker = "lee";
  request.order = Order::kTime;
  EXPECT_EQ(archive_.places(request),
            by_hand([](const Cue& cue) { return cue.speaker == "Ann Lee"; }));
}

TEST_F(BruteForceTest, PlainWordsRunOverAsASentence) {
  for (int round = 0; round < 100; ++round) {
    const Word& a = terms()[below(terms().size())];
    const Word& b = terms()[below(terms().size())];
    std::vector<std::string> both = a.folded;
    both.insert(both.end(), b.folded.begin(), b.folded.end());
    const auto runs_over = [&](const Cue& cue) { return holds_phrase(cue, both, false, true); };
    const auto holds = [&](const Cue& cue) {
      return (holds_phrase(cue, a.folded, false, false) &&
              holds_phrase(cue, b.folded, false, false)) ||
             runs_over(cue);
    };
    SearchRequest request = archive_.request(std::string(a.written) + ' ' + b.written);
    request.order = Order::kTime;
    EXPECT_EQ(archive_.places(request), by_hand(holds)) << request.query;
    // By relevance those where the words stand together come first.
    request.order = Order::kRelevance;
    std::vector<std::string> ranked = by_hand(runs_over);
    for (const std::string& place :
         by_hand([&](const Cue& cue) { return holds(cue) && !runs_over(cue); }))
      ranked.push_back(place);
    EXPECT_EQ(archive_.places(request), ranked) << request.query;
  }
}

TEST_F(BruteForceTest, PagesMakeTheWhole) {
  SearchRequest request = archive_.request("the OR 日 OR \"cafe the\"");
  const std::vector<std::string> whole = archive_.places(request);
  ASSERT_GT(whole.size(), 20u);
  std::vector<std::string> pages;
  request.limit = 7;
  for (; request.offset < whole.size(); request.offset += request.limit) {
    EXPECT_EQ(search(request).total, whole.size());
    for (std::string& place : archive_.places(request)) pages.push_back(std::move(place));
  }
  EXPECT_EQ(pages, whole);
  EXPECT_TRUE(archive_.places(request).empty());
}

}  // namespace
}  // namespace attune::search
