#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "captions/cue_timing.h"
#include "captions/formats.h"
#include "captions/layout.h"
#include "captions/lint.h"
#include "captions/unicode.h"
#include "random_speech.h"
#include "sample_result.h"

namespace attune::captions {
namespace {

constexpr Script kScripts[] = {Script::kEnglish, Script::kGerman,   Script::kRussian,
                               Script::kArabic,  Script::kJapanese, Script::kChinese,
                               Script::kThai};

constexpr std::string_view kFormats[] = {"vtt", "srt", "json"};

std::string described(const Violation& violation, const std::vector<Caption>& cues) {
  std::string text = std::string(name(violation.rule)) + ", cue " +
                     std::to_string(violation.cue + 1) + ", " +
                     format_timestamp(violation.span.start) + ": " + violation.message;
  for (const std::string& line : cues[violation.cue].lines) text += "\n  " + line;
  return text;
}

/// As the pipeline sets them.
LayoutOptions options_for(std::string_view name) {
  LayoutOptions options;
  options.profile = profile(name, 25);
  options.name_labels = true;
  return options;
}

/// The cues as a reader of the file meets them: SubRip has the names in its text.
std::vector<Caption> as_file(const std::vector<Caption>& cues, std::string_view format) {
  Result result;
  result.captions = cues;
  const Format* kind = find_format(format);
  return kind->read(kind->write(result)).captions;
}

/// What is shown without dashes, blanks and added full stops, in lower case.
std::string bare(const std::string& text, const Profile& profile) {
  std::string rest = text;
  if (rest.starts_with(profile.dialogue_dash)) rest.erase(0, profile.dialogue_dash.size());
  std::string result;
  for (const char c : lower_case(rest))
    if (c != ' ' && c != '.') result += c;
  return result;
}

class LayoutProperties : public testing::TestWithParam<unsigned> {
 protected:
  RandomSpeech speech_{GetParam()};
};

/// Every word is shown once, whoever speaks and however densely.
TEST_P(LayoutProperties, NothingIsLostOrInvented) {
  for (const Script script : kScripts) {
    const SpeechStyle style{script, 3, 40, 60, true, GetParam() % 2 == 0};
    const std::vector<align::Word> words = speech_.words(200, style);
    std::map<align::SpeakerId, std::string> said;
    std::map<align::SpeakerId, std::string> shown;
    std::map<align::SpeakerId, std::string> carried;
    std::vector<align::Word> ordered = words;
    std::stable_sort(ordered.begin(), ordered.end(),
                     [](const auto& a, const auto& b) { return a.span.start < b.span.start; });
    LayoutOptions options = options_for("netflix");
    // Room for names may turn the cues around of one who talks over themselves, as is made up here.
    options.name_labels = false;
    for (const align::Word& word : ordered) said[word.speaker] += bare(word.text, options.profile);
    for (const Caption& cue : lay_out(words, {}, {}, options)) {
      for (std::size_t i = 0; i < cue.lines.size(); ++i) {
        const auto speaker = cue.line_voices.empty() ? cue.speaker : cue.line_voices[i].speaker;
        shown[speaker] += bare(cue.lines[i], options.profile);
      }
      for (const align::Word& word : cue.words)
        carried[word.speaker] += bare(word.text, options.profile);
    }
    EXPECT_EQ(shown, said);
    EXPECT_EQ(carried, said);
  }
}

/// Speech that is slow enough to be read, one person at a time: no rule is broken at all.
TEST_P(LayoutProperties, ReadableSpeechBreaksNoRule) {
  for (const std::string_view name : profile_names()) {
    const LayoutOptions options = options_for(name);
    for (const Script script : kScripts) {
      const bool wide = script == Script::kJapanese || script == Script::kChinese;
      const SpeechStyle style{script, 3, wide ? 420 : 75, 200, false, GetParam() % 2 == 0};
      const std::vector<align::Word> words = speech_.words(120, style);
      const auto cuts = speech_.cuts(words.back().span.end, 4000, 15000);
      const std::vector<Caption> cues = lay_out(words, {}, cuts, options);
      for (const std::string_view format : kFormats) {
        const std::vector<Caption> shown = as_file(cues, format);
        for (const Violation& violation : lint(shown, options.profile, cuts))
          ADD_FAILURE() << name << ", " << format << ", " << described(violation, shown);
      }
    }
  }
}

/// Fast speech of several people at once: only what depends on the speech itself is left.
TEST_P(LayoutProperties, AnySpeechBreaksNoRuleThatTheLayoutDecides) {
  for (const std::string_view name : profile_names()) {
    const LayoutOptions options = options_for(name);
    for (const Script script : kScripts) {
      const SpeechStyle style{script, 4, 35, 40, true, GetParam() % 2 == 0};
      const std::vector<align::Word> words = speech_.words(150, style);
      const auto cuts = speech_.cuts(words.back().span.end, 400, 9000);
      const std::vector<Caption> cues = lay_out(words, {}, cuts, options);
      for (const std::string_view format : kFormats) {
        const std::vector<Caption> shown = as_file(cues, format);
        for (const Violation& violation : lint(shown, options.profile, cuts)) {
          if (violation.rule == Rule::kReadingSpeed || violation.rule == Rule::kShotChange)
            continue;
          ADD_FAILURE() << name << ", " << format << ", " << described(violation, shown);
        }
      }
    }
  }
}

/// SubRip shows the speaker's name where it changes: with room left for it, lines still fit.
TEST_P(LayoutProperties, NamesFitWhereTheSpeakerChanges) {
  const LayoutOptions options = options_for("netflix");
  const SpeechStyle style{Script::kEnglish, 4, 45, 60, true, true};
  std::string before;
  for (const Caption& cue : lay_out(speech_.words(300, style), {}, {}, options)) {
    if (cue.line_voices.empty() && cue.speaker_name != before) {
      EXPECT_LE(columns(cue.speaker_name + ": " + cue.lines.front()), 42);
    }
    before = cue.line_voices.empty() ? cue.speaker_name : "";
  }
}

TEST_P(LayoutProperties, CuesFollowTheirSpeech) {
  const LayoutOptions options = options_for("netflix");
  const SpeechStyle style{Script::kEnglish, 3, 60, 100, false, false};
  const auto cues = lay_out(speech_.words(400, style), {}, {}, options);
  for (std::size_t i = 0; i < cues.size(); ++i) {
    const Caption& cue = cues[i];
    const Timestamp spoken = cue.words.front().span.start;
    EXPECT_GE(cue.span.start, spoken - options.shift.lead);
    EXPECT_LE(cue.span.start, spoken + options.shift.delay);
    if (i + 1 == cues.size()) continue;
    const Timestamp room = cues[i + 1].span.start - options.profile.min_gap;
    if (cue.span.start < spoken) {
      EXPECT_LE(room - spoken, reading_time(cue.lines, options.profile)) << "no need to be early";
    }
    EXPECT_GE(cue.span.end, std::min(room, cue.words.back().span.end));
    const Duration needed = reading_time(cue.lines, options.profile);
    EXPECT_TRUE(cue.span.duration() >= needed || cue.span.end == room);
  }
}

TEST_P(LayoutProperties, TheOrderOfTheInputDoesNotMatter) {
  const SpeechStyle style{Script::kEnglish, 3, 50, 80, false, false};
  const std::vector<align::Word> words = speech_.words(200, style);
  std::vector<align::Word> reversed(words.rbegin(), words.rend());
  const auto one = lay_out(words, {});
  const auto two = lay_out(reversed, {});
  ASSERT_EQ(one.size(), two.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].lines, two[i].lines);
    EXPECT_EQ(one[i].span, two[i].span);
  }
}

/// Everybody talks at once, in words of any length at any time.
TEST_P(LayoutProperties, ChaosStaysInOrderAndLosesNothing) {
  std::mt19937 random(GetParam());
  std::vector<align::Word> words;
  std::size_t letters = 0;
  for (int i = 0; i < 300; ++i) {
    const std::int64_t start = random() % 60'000;
    const std::int64_t duration = random() % (i % 10 == 0 ? 12'000 : 600);
    const std::size_t length = 1 + random() % 100;
    letters += length;
    words.push_back(word(start, start + duration, std::string(length, 'x'), random() % 5));
  }
  const std::vector<Timestamp> cuts = speech_.cuts(ms(60'000), 100, 9000);
  for (const std::string_view name : profile_names()) {
    std::size_t shown = 0;
    const LayoutOptions options = options_for(name);
    const std::vector<Caption> cues = lay_out(words, {}, cuts, options);
    for (const Caption& cue : cues)
      for (const align::Word& word : cue.words)
        shown += word.text.size() - (word.text.ends_with('.') ? 1 : 0);
    EXPECT_EQ(shown, letters);
    for (const Violation& violation : lint(cues, options.profile)) {
      if (violation.rule == Rule::kReadingSpeed) continue;
      ADD_FAILURE() << name << ", " << described(violation, cues);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LayoutProperties, testing::Range(1u, 41u));

}  // namespace
}  // namespace attune::captions
