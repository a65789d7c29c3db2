#include "models/pocketsphinx_captioner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <random>
#include <sstream>
#include <thread>

#include "core/error.h"

namespace attune::models {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using Samples = std::vector<float>;

constexpr int kSampleRate = 16000;

/// Any input of the ffmpeg program as 16 kHz mono.
Samples ffmpeg_samples(const std::string& input) {
  const std::string command =
      "ffmpeg -nostdin -loglevel error " + input + " -ac 1 -ar 16000 -f f32le -";
  Samples samples;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return samples;
  float buffer[4096];
  for (std::size_t n = 0; (n = fread(buffer, sizeof(float), 4096, pipe)) > 0;) {
    samples.insert(samples.end(), buffer, buffer + n);
  }
  pclose(pipe);
  return samples;
}

/// Synthetic speech: Debian builds the flite voices into ffmpeg.
Samples speech(const std::string& text, const std::string& voice) {
  return ffmpeg_samples("-f lavfi -i \"flite=text='" + text + "':voice=" + voice + "\"");
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (std::isalpha(static_cast<unsigned char>(c)) || c == '\'') {
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

/// Substitutions, insertions and deletions (Levenshtein).
std::size_t word_errors(const std::vector<std::string>& truth,
                        const std::vector<RecognizedWord>& heard) {
  std::vector<std::size_t> row(heard.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= truth.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= heard.size(); ++j) {
      const std::size_t substituted = diagonal + (truth[i - 1] != heard[j - 1].text ? 1 : 0);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string joined(const std::vector<RecognizedWord>& words) {
  std::ostringstream text;
  for (const RecognizedWord& word : words) {
    text << word.text << ' ' << word.span.start.count() << ' ' << word.confidence << '\n';
  }
  return text.str();
}

constexpr const char* kSentence = "the train to the city leaves every morning at seven o clock";

class PocketSphinx : public testing::Test {
 protected:
  static void SetUpTestSuite() { captioner_ = std::make_unique<PocketSphinxCaptioner>(); }
  static void TearDownTestSuite() { captioner_.reset(); }

  static std::unique_ptr<PocketSphinxCaptioner> captioner_;
};

std::unique_ptr<PocketSphinxCaptioner> PocketSphinx::captioner_;

TEST(PocketSphinxModel, AMissingModelNamesThePackage) {
  PocketSphinxOptions options;
  options.model_folder = std::filesystem::path(testing::TempDir()) / "no_such_model";
  try {
    PocketSphinxCaptioner captioner(options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kModel);
    EXPECT_THAT(error.what(), HasSubstr("no_such_model"));
    EXPECT_THAT(error.what(), HasSubstr("pocketsphinx-en-us"));
  }
}

TEST(PocketSphinxModel, TheEnvironmentChoosesTheFolder) {
  setenv("ATTUNE_POCKETSPHINX_MODEL", "/nowhere/chosen", 1);
  try {
    PocketSphinxCaptioner captioner;
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/chosen"));
  }
  unsetenv("ATTUNE_POCKETSPHINX_MODEL");
}

TEST_F(PocketSphinx, NamesItsModel) {
  const CaptionerModel model = captioner_->model();
  EXPECT_EQ(model.name, "pocketsphinx-en-us");
  EXPECT_THAT(model.sha256, testing::MatchesRegex("[0-9a-f]{64}"));
}

TEST_F(PocketSphinx, UnderstandsClearSpeech) {
  const std::vector<std::string> sentences = {
      "good evening and welcome to the news", "thank you very much for coming here today",
      "i think that we should wait until the end of the month", kSentence};
  std::size_t errors = 0;
  std::size_t count = 0;
  for (const std::string voice : {"slt", "rms"}) {
    for (const std::string& sentence : sentences) {
      const auto truth = words_of(
          sentence == kSentence ? "the train to the city leaves every morning at seven o'clock"
                                : sentence);
      const auto heard = captioner_->transcribe(speech(sentence, voice));
      errors += word_errors(truth, heard);
      count += truth.size();
    }
  }
  EXPECT_LE(100.0 * errors / count, 15) << errors << " errors in " << count << " words";
}

TEST_F(PocketSphinx, WordTimesFollowTheSound) {
  Samples sound(2 * kSampleRate, 0.0f);
  std::mt19937 random(1);
  for (float& sample : sound) sample = 1e-4f * (static_cast<float>(random() % 2001) / 1000 - 1);
  const Samples said = speech(kSentence, "slt");
  sound.insert(sound.begin() + kSampleRate, said.begin(), said.end());
  const auto words = captioner_->transcribe(sound);
  ASSERT_GE(words.size(), 8u);
  const double end = static_cast<double>(sound.size()) / kSampleRate;
  EXPECT_NEAR(to_seconds(words.front().span.start), 1.15, 0.2);
  EXPECT_LE(to_seconds(words.back().span.end), end - 0.8);
  EXPECT_GE(to_seconds(words.back().span.end), end - 1.5);
  for (std::size_t i = 0; i < words.size(); ++i) {
    EXPECT_LT(words[i].span.start, words[i].span.end);
    if (i > 0) {
      EXPECT_LE(words[i - 1].span.end, words[i].span.start);
    }
    EXPECT_GE(words[i].confidence, 0);
    EXPECT_LE(words[i].confidence, 1);
  }
}

TEST_F(PocketSphinx, AStretchDoesNotDependOnEarlierOnes) {
  const Samples one = speech(kSentence, "slt");
  const Samples two = speech("my brother and his wife live in a small house near the sea", "rms");
  const std::string first = joined(captioner_->transcribe(one));
  const std::string second = joined(captioner_->transcribe(two));
  EXPECT_EQ(joined(captioner_->transcribe(one)), first);
  std::string in_thread;
  std::thread([&] { in_thread = joined(PocketSphinxCaptioner().transcribe(two)); }).join();
  EXPECT_EQ(in_thread, second);
}

TEST_F(PocketSphinx, TheLevelOfTheSoundDoesNotMatter) {
  Samples sound = speech(kSentence, "slt");
  const std::size_t errors = word_errors(words_of(kSentence), captioner_->transcribe(sound));
  for (float& sample : sound) sample *= 0.01f;
  EXPECT_EQ(word_errors(words_of(kSentence), captioner_->transcribe(sound)), errors);
}

TEST_F(PocketSphinx, LongStretchesAreCutInPauses) {
  const Samples said = speech(kSentence, "slt");
  Samples sound;
  std::vector<std::string> truth;
  while (sound.size() < 40 * kSampleRate) {
    sound.insert(sound.end(), said.begin(), said.end());
    sound.insert(sound.end(), kSampleRate / 2, 0.0f);
    for (const std::string& word :
         words_of("the train to the city leaves every morning at seven o'clock"))
      truth.push_back(word);
  }
  const auto words = captioner_->transcribe(sound);
  EXPECT_LE(word_errors(truth, words), truth.size() / 5);
  EXPECT_TRUE(std::is_sorted(words.begin(), words.end(), [](const auto& a, const auto& b) {
    return a.span.start < b.span.start;
  }));
  EXPECT_GT(to_seconds(words.back().span.end), 38);
}

TEST_F(PocketSphinx, NothingIsHeardInSilence) {
  EXPECT_THAT(captioner_->transcribe({}), IsEmpty());
  EXPECT_THAT(captioner_->transcribe(Samples(100, 0.5f)), IsEmpty());
  EXPECT_THAT(captioner_->transcribe(Samples(10 * kSampleRate, 0.0f)), IsEmpty());
}

TEST_F(PocketSphinx, NoWordLastsAsLongAsNoise) {
  const auto words = captioner_->transcribe(
      ffmpeg_samples("-f lavfi -i anoisesrc=d=3:c=white:a=0.1:seed=1:r=16000"));
  for (const RecognizedWord& word : words) {
    EXPECT_LE(to_seconds(word.span.duration()), 2.0) << word.text;
  }
}

TEST_F(PocketSphinx, BrokenSamplesAreHarmless) {
  Samples sound = speech(kSentence, "slt");
  sound[100] = std::numeric_limits<float>::quiet_NaN();
  sound[200] = std::numeric_limits<float>::infinity();
  const std::size_t errors = word_errors(words_of(kSentence), captioner_->transcribe(sound));
  EXPECT_LE(errors, 3u);
  EXPECT_NO_THROW(captioner_->transcribe(Samples(kSampleRate, std::nanf(""))));
}

TEST_F(PocketSphinx, PrintsNothing) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  PocketSphinxCaptioner().transcribe(speech("hello", "slt"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
}

std::filesystem::path shared_folder() {
  const char* chosen = std::getenv("ATTUNE_SHARED");
  return chosen != nullptr ? chosen : std::filesystem::path(ATTUNE_SOURCE_DIR) / "../shared";
}

TEST_F(PocketSphinx, ReadSpeechStaysUnderTheMeasuredErrorRate) {
  const std::filesystem::path folder = shared_folder() / "data/speech";
  std::ifstream list(folder / "transcripts.tsv");
  if (!list) GTEST_SKIP() << "no speech with transcripts at " << folder;
  std::size_t errors = 0;
  std::size_t count = 0;
  int native_files = 0;
  for (std::string line; std::getline(list, line);) {
    std::istringstream fields(line);
    std::string file;
    std::string speaker;
    std::string text;
    std::getline(fields, file, '\t');
    std::getline(fields, speaker, '\t');
    std::getline(fields, text);
    const bool take = file.starts_with("native/") && ++native_files % 2 == 0;
    if (!take) continue;
    const auto truth = words_of(text);
    const auto heard = captioner_->transcribe(ffmpeg_samples("-i " + (folder / file).string()));
    errors += word_errors(truth, heard);
    count += truth.size();
  }
  ASSERT_GT(count, 100u);
  const double rate = 100.0 * static_cast<double>(errors) / static_cast<double>(count);
  RecordProperty("word_error_rate", std::to_string(rate));
  EXPECT_LE(rate, 30);
}

}  // namespace
}  // namespace attune::models
