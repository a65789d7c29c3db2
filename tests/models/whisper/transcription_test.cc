#include "models/whisper/transcription.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/whisper/languages.h"
#include "scripted_model.h"
#include "test_vocabulary.h"

namespace attune::models::whisper {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class TranscriptionTest : public testing::Test {
 protected:
  TranscriptionTest() { options_.decoding.language = 0; }

  Token at(int hundredths) const { return special_.first_timestamp + hundredths / 2; }

  /// Opens windows that say these texts, one after the other.
  OpenWindow windows(std::vector<std::vector<Token>> texts) {
    return [this, texts](std::span<const float> sound) -> std::unique_ptr<TokenModel> {
      lengths_.push_back(sound.size());
      const auto text = texts.at(lengths_.size() - 1);
      const Token task = special_.transcribe;
      return std::make_unique<ScriptedModel>(
          kMultilingualSize,
          [this, task, text](const std::vector<Token>& fed, std::span<float> logits) {
            const auto start = std::ranges::find(fed, task);
            if (start == fed.end()) return says(1000, {at(0)}, 0)(fed, logits);
            const auto prompt = static_cast<std::size_t>(start - fed.begin()) + 1;
            prompts_.emplace_back(fed.begin(), start + 1);
            says(prompt, text, special_.end_of_text)(fed, logits);
          });
    };
  }

  static std::vector<float> seconds(double length) {
    return std::vector<float>(static_cast<std::size_t>(length * 16000), 0.1f);
  }

  Tokenizer tokenizer_{vocabulary_of({" one", " two", " three"}), kMultilingualSize};
  const SpecialTokens special_ = tokenizer_.special();
  const Token one_ = text_token(0);
  const Token two_ = text_token(1);
  const Token three_ = text_token(2);
  TranscriptionOptions options_;
  std::vector<std::size_t> lengths_;
  std::vector<std::vector<Token>> prompts_;
};

std::vector<std::string> texts(const std::vector<RecognizedWord>& words) {
  std::vector<std::string> result;
  for (const RecognizedWord& word : words) result.push_back(word.text);
  return result;
}

TEST_F(TranscriptionTest, SettlesTextsWithBothTimestamps) {
  const auto progress = [&](const std::vector<Token>& tokens, Duration sound) {
    const Progress result = settled(tokens, special_, sound);
    return std::pair(result.tokens, result.next);
  };
  using Result = std::pair<std::size_t, Duration>;
  // A text that was cut off goes to the next window.
  EXPECT_EQ(progress({at(0), one_, at(400), at(400), two_}, 30s), Result(3, 4s));
  // One whose end is known is settled, and so is the rest of the window.
  EXPECT_EQ(progress({at(0), one_, at(400), at(400), two_, at(900)}, 30s), Result(6, 30s));
  EXPECT_EQ(progress({at(0), one_, at(400), at(420)}, 30s), Result(3, 4s));
  // Nothing is looked for in less than half a second.
  EXPECT_EQ(progress({at(0), one_, at(400), at(400), two_}, 4400ms), Result(5, 4400ms));
  EXPECT_EQ(progress({at(0), one_, at(400), at(400)}, 3s), Result(4, 3s));
  EXPECT_EQ(progress({at(0), one_, two_}, 30s), Result(3, 30s));
  EXPECT_EQ(progress({at(0)}, 30s), Result(1, 30s));
  EXPECT_EQ(progress({}, 30s), Result(0, 30s));
  // A window always goes forward.
  EXPECT_EQ(progress({at(0), at(0), one_}, 30s), Result(3, 30s));
}

TEST_F(TranscriptionTest, OneWindowIsEnoughForAShortStretch) {
  const Transcriber transcriber(tokenizer_, options_);
  const auto words = transcriber(seconds(4), windows({{at(0), one_, two_, at(380), at(380)}}));
  EXPECT_THAT(texts(words), ElementsAre("one", "two"));
  EXPECT_EQ(lengths_.size(), 1U);
  EXPECT_LE(words.back().span.end, 4s);
  EXPECT_FLOAT_EQ(words[0].confidence, 1);
}

TEST_F(TranscriptionTest, LongSoundGoesOnFromTheLastTimestamp) {
  const Transcriber transcriber(tokenizer_, options_);
  const auto words = transcriber(seconds(40), windows({{at(0), one_, at(2500), at(2500), two_},
                                                       {at(0), two_, three_, at(900)}}));
  EXPECT_THAT(texts(words), ElementsAre("one", "two", "three"));
  EXPECT_THAT(lengths_, ElementsAre(30 * 16000, 15 * 16000));
  EXPECT_LE(words[0].span.end, 25s);
  EXPECT_GE(words[1].span.start, 25s);
  EXPECT_LE(words[2].span.end, 40s);
}

TEST_F(TranscriptionTest, NothingComesOfNothing) {
  const Transcriber transcriber(tokenizer_, options_);
  EXPECT_THAT(transcriber({}, windows({})), IsEmpty());
  EXPECT_THAT(transcriber(seconds(0.09), windows({})), IsEmpty());
  EXPECT_THAT(transcriber(seconds(5), windows({{at(0)}})), IsEmpty());
}

TEST_F(TranscriptionTest, PreviousTextIsGivenOnlyWhenAsked) {
  const std::vector<std::vector<Token>> two = {{at(0), one_, two_, at(2900)}, {at(0), three_}};
  Transcriber(tokenizer_, options_)(seconds(40), windows(two));
  EXPECT_EQ(prompts_.back().size(), 3U);
  lengths_.clear();
  options_.previous_text = true;
  options_.prompt = "x";
  Transcriber(tokenizer_, options_)(seconds(40), windows(two));
  EXPECT_THAT(prompts_.back(),
              ElementsAre(special_.previous, 'x' - '!', one_, two_, 50258, 50259, 50359));
}

TEST_F(TranscriptionTest, LoopsAreCut) {
  std::vector<Token> loop = {at(0)};
  for (int i = 0; i < 40; ++i) loop.insert(loop.end(), {one_, two_});
  options_.decoding.temperatures = {0};
  const Transcriber transcriber(tokenizer_, options_);
  EXPECT_THAT(texts(transcriber(seconds(20), windows({loop}))), ElementsAre("one", "two"));
}

}  // namespace
}  // namespace attune::models::whisper
