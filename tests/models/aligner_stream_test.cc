#include <gmock/gmock.h>
#include <malloc.h>

#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include "aligner_parity.h"
#include "core/error.h"
#include "models/aligner.h"

namespace attune::models {
namespace {

using testing::HasSubstr;

/// A recording: sound from its first tick on, and faces that come and go.
struct Recording {
  struct Face {
    std::int64_t id;
    TokenIndex first;
    std::vector<std::uint8_t> crops;
    std::size_t pixels;

    TokenIndex end() const { return first + static_cast<TokenIndex>(crops.size() / pixels); }
  };

  TokenIndex first = 0;
  TokenIndex end = 0;
  std::vector<float> sound;
  std::vector<Face> faces;
};

// Noise that comes and goes, and pictures whose brightness wanders: nothing is still, so that a
// wrong tick anywhere shows.
Recording random_recording(std::uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.1F);
  Recording recording{.first = -7, .end = 143, .sound{}, .faces{}};
  for (std::int64_t n = 0; n < (recording.end - recording.first) * 640; ++n)
    recording.sound.push_back(normal(random) * static_cast<float>(n / 1600 % 4));
  const std::size_t pixels = shipped_model()->geometry().crop.pixels();
  const auto add = [&](std::int64_t id, TokenIndex begin, TokenIndex end) {
    Recording::Face face{id, begin, {}, pixels};
    for (TokenIndex t = begin; t < end; ++t) {
      const unsigned level = random() % 128;
      for (std::size_t i = 0; i < pixels; ++i)
        face.crops.push_back(static_cast<std::uint8_t>(level + random() % 128));
    }
    recording.faces.push_back(std::move(face));
  };
  add(3, -7, 60);
  add(1, 20, 143);
  add(2, 90, 93);
  return recording;
}

void append(AlignedTicks& to, const AlignedTicks& next) {
  EXPECT_EQ(next.first, to.end());
  const auto join = [](auto& a, const auto& b) { a.insert(a.end(), b.begin(), b.end()); };
  join(to.null_mass, next.null_mass);
  join(to.speech, next.speech);
  join(to.off_screen, next.off_screen);
  join(to.profile, next.profile);
  join(to.lag_ticks, next.lag_ticks);
  join(to.lag_confidence, next.lag_confidence);
  for (const AlignedTicks::Track& track : next.tracks) {
    auto known = std::ranges::find(to.tracks, track.id, &AlignedTicks::Track::id);
    if (known == to.tracks.end()) {
      to.tracks.push_back(track);
      continue;
    }
    EXPECT_EQ(track.first, known->first + std::ssize(known->mass));
    join(known->mass, track.mass);
    join(known->speaking, track.speaking);
  }
}

void expect_same_bits(const AlignedTicks& a, const AlignedTicks& b) {
  EXPECT_EQ(a.first, b.first);
  EXPECT_EQ(a.null_mass, b.null_mass);
  EXPECT_EQ(a.speech, b.speech);
  EXPECT_EQ(a.off_screen, b.off_screen);
  EXPECT_EQ(a.profile, b.profile);
  EXPECT_EQ(a.lag_ticks, b.lag_ticks);
  EXPECT_EQ(a.lag_confidence, b.lag_confidence);
  ASSERT_EQ(a.tracks.size(), b.tracks.size());
  for (const AlignedTicks::Track& track : a.tracks) {
    const auto other = std::ranges::find(b.tracks, track.id, &AlignedTicks::Track::id);
    ASSERT_NE(other, b.tracks.end());
    EXPECT_EQ(track.first, other->first);
    EXPECT_EQ(track.mass, other->mass) << track.id;
    EXPECT_EQ(track.speaking, other->speaking) << track.id;
  }
}

Aligner aligner_for(const Recording& recording, std::optional<int> look_ahead) {
  return Aligner(shipped_model(), {.first = recording.first,
                                   .live = false,
                                   .look_ahead_ticks = look_ahead,
                                   .lag_prior = {}});
}

AlignedTicks aligned_at_once(const Recording& recording,
                             std::optional<int> look_ahead = std::nullopt) {
  AudioTokenizer audio(shipped_model(), recording.first);
  Aligner aligner = aligner_for(recording, look_ahead);
  aligner.push_audio(audio.push(recording.sound, token_time(recording.first)));
  aligner.push_audio(audio.finish(recording.end));
  for (const Recording::Face& face : recording.faces) {
    FaceTokenizer tokenizer(shipped_model(), face.first);
    aligner.push_face(face.id, tokenizer.push(face.crops));
    aligner.push_face(face.id, tokenizer.finish());
  }
  return aligner.finish();
}

// As a pipeline does it: a few ticks at a time, faces complete up to what their tokenizers settled.
AlignedTicks aligned_in_pieces(const Recording& recording, std::uint32_t seed,
                               std::optional<int> look_ahead = std::nullopt) {
  std::mt19937 random(seed);
  AudioTokenizer audio(shipped_model(), recording.first);
  Aligner aligner = aligner_for(recording, look_ahead);
  std::map<std::int64_t, FaceTokenizer> tokenizers;
  AlignedTicks result;
  result.first = recording.first;
  std::size_t heard = 0;
  TokenIndex seen = recording.first;
  while (seen < recording.end) {
    const TokenIndex until = std::min<TokenIndex>(seen + 1 + random() % 9, recording.end);
    TokenIndex complete = until;
    for (const Recording::Face& face : recording.faces) {
      const TokenIndex from = std::max(seen, face.first);
      const TokenIndex to = std::min(until, face.end());
      if (from >= to) continue;
      auto& tokenizer = tokenizers.try_emplace(face.id, shipped_model(), face.first).first->second;
      aligner.push_face(face.id, tokenizer.push(std::span(face.crops)
                                                    .subspan((from - face.first) * face.pixels,
                                                             (to - from) * face.pixels)));
      if (to == face.end()) {
        aligner.push_face(face.id, tokenizer.finish());
      } else {
        complete = std::min(complete, tokenizer.next());
      }
    }
    seen = until;
    aligner.faces_complete(complete);
    const std::size_t samples =
        std::min<std::size_t>(random() % 5000, recording.sound.size() - heard);
    aligner.push_audio(
        audio.push(std::span(recording.sound).subspan(heard, samples),
                   token_time(recording.first) + std::chrono::nanoseconds(heard * 62'500)));
    heard += samples;
    if (random() % 3 == 0) append(result, aligner.pull());
  }
  aligner.push_audio(
      audio.push(std::span(recording.sound).subspan(heard),
                 token_time(recording.first) + std::chrono::nanoseconds(heard * 62'500)));
  aligner.push_audio(audio.finish(recording.end));
  append(result, aligner.pull());
  append(result, aligner.finish());
  return result;
}

TEST(AlignerStream, GivesTheSameBitsHoweverTheStreamWasCut) {
  const Recording recording = random_recording(1);
  const AlignedTicks whole = aligned_at_once(recording);
  EXPECT_EQ(whole.length(), recording.end - recording.first);
  ASSERT_EQ(whole.tracks.size(), 3U);
  for (const std::uint32_t seed : {2U, 3U, 4U})
    expect_same_bits(whole, aligned_in_pieces(recording, seed));
}

// A live feed must not hear or see further when packets happen to be early.
TEST(AlignerStream, ALimitedLookAheadGivesTheSameBitsHoweverTheStreamWasCut) {
  const Recording recording = random_recording(1);
  for (const int look_ahead : {1, 5, 20}) {
    const AlignedTicks whole = aligned_at_once(recording, look_ahead);
    EXPECT_EQ(whole.length(), recording.end - recording.first);
    for (const std::uint32_t seed : {2U, 3U})
      expect_same_bits(whole, aligned_in_pieces(recording, seed, look_ahead));
  }
}

TEST(AlignerStream, WhatComesAfterALimitedLookAheadHasNoPart) {
  const Recording recording = random_recording(1);
  constexpr int kLookAhead = 5;
  const AlignedTicks before = aligned_at_once(recording, kLookAhead);
  Recording other = recording;
  constexpr TokenIndex kChange = 60;
  const auto face = std::ranges::find(other.faces, 1, &Recording::Face::id);
  for (auto i = static_cast<std::size_t>(kChange - face->first) * face->pixels;
       i < face->crops.size(); ++i)
    face->crops[i] = static_cast<std::uint8_t>(255 - face->crops[i]);
  const AlignedTicks after = aligned_at_once(other, kLookAhead);
  // A token sees four crops ahead, and a block ends up to four ticks later.
  const TokenIndex same = kChange - kLookAhead - 4 - AlignModel::kBlockTicks;
  const auto mass_of = [](const AlignedTicks& ticks) {
    return std::ranges::find(ticks.tracks, 1, &AlignedTicks::Track::id)->mass;
  };
  const std::vector<float> first = mass_of(before);
  const std::vector<float> second = mass_of(after);
  const auto count = static_cast<std::ptrdiff_t>(same - recording.faces[1].first);
  EXPECT_TRUE(std::equal(first.begin(), first.begin() + count, second.begin()));
  EXPECT_NE(first, second);
}

TEST(AlignerStream, GivesTheSameBitsOnEveryThread) {
  const Recording recording = random_recording(5);
  const AlignedTicks alone = aligned_at_once(recording);
  std::vector<AlignedTicks> results(3);
  std::vector<std::thread> threads;
  for (AlignedTicks& result : results)
    threads.emplace_back([&] { result = aligned_at_once(recording); });
  for (std::thread& thread : threads) thread.join();
  for (const AlignedTicks& result : results) expect_same_bits(alone, result);
}

TEST(AlignerStream, ReportsEachTrackOverItsOwnTicksAndSharesTheSound) {
  const Recording recording = random_recording(6);
  const AlignedTicks result = aligned_at_once(recording);
  std::vector<float> total = result.null_mass;
  for (const Recording::Face& face : recording.faces) {
    const auto track = std::ranges::find(result.tracks, face.id, &AlignedTicks::Track::id);
    ASSERT_NE(track, result.tracks.end());
    EXPECT_EQ(track->first, face.first);
    EXPECT_EQ(std::ssize(track->speaking), face.end() - face.first);
    for (std::size_t i = 0; i < track->mass.size(); ++i)
      total[track->first - result.first + i] += track->mass[i];
  }
  // Where no other face is within the lags, what is there explains all of the sound together.
  for (std::int64_t t = -7; t < 4; ++t) EXPECT_NEAR(total[t - result.first], 1, 1e-5) << t;
}

TEST(AlignerStream, ResultsComeOutWithinTheLookAhead) {
  const Recording recording = random_recording(7);
  const int look_ahead = Aligner::look_ahead(shipped_model()->geometry());
  AudioTokenizer audio(shipped_model(), 0);
  Aligner aligner(shipped_model());
  AudioTokens tokens = audio.push(recording.sound, Timestamp(0));
  const TokenIndex audio_end = tokens.end();
  aligner.push_audio(tokens);
  TokenIndex known = 0;
  for (TokenIndex tick = 1; tick < audio_end; ++tick) {
    aligner.faces_complete(tick);
    known += aligner.pull().length();
    EXPECT_GE(known, tick - look_ahead - 1) << tick;
    EXPECT_LE(known, tick) << tick;
  }
}

TEST(AlignerStream, ALimitedLookAheadIsKept) {
  const Recording recording = random_recording(7);
  constexpr int kLookAhead = 5;
  AudioTokenizer audio(shipped_model(), recording.first);
  Aligner aligner = aligner_for(recording, kLookAhead);
  const AudioTokens tokens = audio.push(recording.sound, token_time(recording.first));
  aligner.push_audio(tokens);
  TokenIndex known = recording.first;
  for (TokenIndex tick = recording.first; tick < tokens.end(); ++tick) {
    aligner.faces_complete(tick);
    known += aligner.pull().length();
    EXPECT_GT(known, tick - kLookAhead - AlignModel::kBlockTicks) << tick;
    EXPECT_LE(known, tick) << tick;
  }
}

TEST(AlignerStream, HoldsNoMoreHoweverLongItRuns) {
  const Recording recording = random_recording(11);
  const auto held_after = [&](int rounds) {
    const std::size_t before = mallinfo2().uordblks;
    AudioTokenizer audio(shipped_model(), 0);
    Aligner aligner(shipped_model());
    for (TokenIndex round = 0; round < rounds; ++round) {
      const TokenIndex first = 150 * round;
      aligner.push_audio(audio.push(recording.sound, token_time(first)));
      FaceTokenizer face(shipped_model(), first);
      aligner.push_face(round, face.push(recording.faces[0].crops));
      aligner.push_face(round, face.finish());
      aligner.faces_complete(first + 150);
      aligner.pull();
    }
    return static_cast<std::int64_t>(mallinfo2().uordblks) - static_cast<std::int64_t>(before);
  };
  held_after(2);  // what is compiled once
  const std::int64_t after_shorter = held_after(3);
  const std::int64_t after_longer = held_after(12);
  EXPECT_NEAR(after_longer, after_shorter, 200'000);
}

TEST(AlignerStream, WithoutFacesNobodyVisibleExplainsEverything) {
  Recording recording = random_recording(8);
  recording.faces.clear();
  const AlignedTicks result = aligned_at_once(recording);
  EXPECT_TRUE(result.tracks.empty());
  for (const float mass : result.null_mass) EXPECT_NEAR(mass, 1, 1e-6);
  for (const float weight : result.profile) EXPECT_EQ(weight, 0);
  EXPECT_NEAR(result.lag_confidence.back(), 2.0 / 31, 1e-6);
}

TEST(AudioTokenizer, HearsZerosWhereThereIsNoSound) {
  const Recording recording = random_recording(9);
  const auto samples = std::span(recording.sound).first(16000);
  std::vector<float> padded(16000 * 4);
  std::ranges::copy(samples, padded.begin() + 8000);
  std::ranges::copy(samples, padded.begin() + 32000);
  AudioTokenizer explicit_zeros(shipped_model(), 0);
  const AudioTokens expected = explicit_zeros.push(padded, Timestamp(0));
  AudioTokenizer gaps(shipped_model(), 0);
  AudioTokens actual = gaps.push(samples, std::chrono::milliseconds(500));
  const auto join = [&](const AudioTokens& next) {
    EXPECT_EQ(next.first, actual.end());
    actual.tokens.insert(actual.tokens.end(), next.tokens.begin(), next.tokens.end());
    actual.speech.insert(actual.speech.end(), next.speech.begin(), next.speech.end());
  };
  join(gaps.push(samples, std::chrono::milliseconds(2000)));
  // Sound that was already heard is ignored.
  join(gaps.push(samples, std::chrono::milliseconds(1900)));
  join(gaps.advance(std::chrono::milliseconds(4000)));
  ASSERT_EQ(actual.length(), expected.length());
  EXPECT_EQ(actual.speech, expected.speech);
  EXPECT_EQ(actual.tokens, expected.tokens);
}

TEST(AudioTokenizer, EndsWhereItIsTold) {
  const Recording recording = random_recording(10);
  for (const TokenIndex end : {1, 9, 10, 11, 33}) {
    AudioTokenizer tokenizer(shipped_model(), 0);
    const AudioTokens pushed = tokenizer.push(std::span(recording.sound).first(100), Timestamp(0));
    const AudioTokens rest = tokenizer.finish(end);
    EXPECT_EQ(pushed.length() + rest.length(), end);
  }
}

TEST(FaceTokenizer, GivesEveryTickOfAShortTrackAToken) {
  const std::size_t pixels = shipped_model()->geometry().crop.pixels();
  for (const int ticks : {1, 2, 5, 8, 13}) {
    FaceTokenizer tokenizer(shipped_model(), 100);
    const std::vector<std::uint8_t> crops(pixels * ticks, 77);
    const FaceTokens pushed = tokenizer.push(crops);
    const FaceTokens rest = tokenizer.finish();
    EXPECT_EQ(pushed.length() + rest.length(), ticks);
    EXPECT_EQ(rest.first, pushed.end());
    EXPECT_EQ(tokenizer.next(), 100 + ticks);
    for (const float motion : rest.motion) EXPECT_EQ(motion, 0);
  }
}

std::string message(const std::function<void()>& call, ErrorKind kind) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind);
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

TEST(AlignerErrors, TokensThatDoNotFollowAreRefused) {
  const int width = shipped_model()->geometry().width;
  const auto audio = [&](TokenIndex first) {
    return AudioTokens{first, std::vector<float>(width), {0.0F}};
  };
  const auto face = [&](TokenIndex first) {
    return FaceTokens{first, std::vector<float>(width), {0.0F}};
  };
  Aligner aligner(shipped_model());
  aligner.push_audio(audio(0));
  EXPECT_THAT(message([&] { aligner.push_audio(audio(2)); }, ErrorKind::kUsage),
              HasSubstr("audio tokens at tick 2 where 1 follows"));
  aligner.push_face(4, face(10));
  EXPECT_THAT(message([&] { aligner.push_face(4, face(12)); }, ErrorKind::kUsage),
              HasSubstr("track 4 at tick 12, where 11 follows"));
  aligner.faces_complete(20);
  EXPECT_THAT(message([&] { aligner.push_face(5, face(19)); }, ErrorKind::kUsage),
              HasSubstr("complete up to 20"));
  EXPECT_THAT(
      message([] { Aligner(shipped_model(), {.first = 0, .live = false, .lag_prior = {1}}); },
              ErrorKind::kUsage),
      HasSubstr("31 lags"));
  FaceTokenizer tokenizer(shipped_model(), 0);
  const std::vector<std::uint8_t> half(48 * 24);
  EXPECT_THAT(message([&] { tokenizer.push(half); }, ErrorKind::kUsage), HasSubstr("48x48"));
}

/// The shipped weight file with some text of its header replaced by text of the same length.
std::filesystem::path spoiled(const std::string& from, const std::string& to) {
  std::ifstream in(std::string(ATTUNE_SOURCE_DIR) + "/models/attune-align.safetensors",
                   std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(in), {});
  const std::size_t at = content.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  EXPECT_EQ(from.size(), to.size());
  content.replace(at, to.size(), to);
  const auto path = std::filesystem::path(testing::TempDir()) / "aligner_spoiled.safetensors";
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

TEST(AlignerErrors, WeightFilesThatDoNotFitAreNamed) {
  const struct {
    std::string from, to, expected;
  } cases[] = {
      {"attune-align", "attune-other", "it holds \"attune-other\""},
      {"unit_eps", "unit_eqs", "has no number \"unit_eps\""},
      {"\\\"head_width\\\": 32", "\\\"head_width\\\": 16", "4 heads of 16 do not make 128"},
      {"\\\"frame_hop\\\": 160", "\\\"frame_hop\\\": 170", "do not fit 25 tokens a second"},
      {"speech.conv3.bias", "speech.conv9.bias", "speech.conv3.bias"},
      {"\\\"crop_side\\\": 48", "\\\"crop_side\\\": 56", "face.project.weight"},
  };
  for (const auto& [from, to, expected] : cases) {
    const auto path = spoiled(from, to);
    EXPECT_THAT(message([&] { AlignModel::open(path); }, ErrorKind::kModel),
                testing::AllOf(HasSubstr("aligner_spoiled.safetensors"), HasSubstr(expected)));
    std::filesystem::remove(path);
  }
}

}  // namespace
}  // namespace attune::models
