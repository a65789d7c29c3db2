// Captioners invent words where nobody speaks. Ten minutes of silence, noise and music must give no
// cue: what no speech was found in is never transcribed.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "tests/cli/program_runner.h"
#include "tests/models/whisper/tiny_ggml.h"

namespace attune::cli {
namespace {

/// A piece for the General MIDI instruments of a soundfont: tune, chords, bass and drums.
class MidiFile {
 public:
  explicit MidiFile(unsigned seed) : random_(seed) {}

  void add_piece(double begin_s, double length_s) {
    const double beat_s = 0.3 + 0.05 * static_cast<double>(random_() % 8);
    const int key = 36 + static_cast<int>(random_() % 12);
    for (int channel = 0; channel < 3; ++channel) {
      // Voices ("aahs", "oohs") aside: they are meant to be taken for singers.
      int program = static_cast<int>(random_() % 96);
      if (program >= 52 && program <= 54) program = 0;
      if (program == 85 || program == 91) program = 24;
      add(begin_s, {0xC0 | channel, program});
      const double length = beat_s * (channel == 0 ? 0.5 : channel == 1 ? 2 : 4);
      for (double at = begin_s; at + length <= begin_s + length_s; at += length)
        for (int third = 0; third < (channel == 1 ? 3 : 1); ++third)
          add_note(channel, at, length * 0.9, key + 24 - 12 * channel + step(third));
    }
    for (double at = begin_s; at < begin_s + length_s; at += beat_s / 2) {
      const int drum = std::array{36, 42, 38, 42}[static_cast<std::size_t>(random_() % 4)];
      add_note(9, at, 0.1, drum);
    }
  }

  std::string bytes() {
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Event& a, const Event& b) { return a.tick < b.tick; });
    std::string track;
    int last = 0;
    for (const Event& event : events_) {
      append_number(track, event.tick - last);
      last = event.tick;
      for (const int byte : event.bytes) track += static_cast<char>(byte);
    }
    track += std::string("\0\xFF\x2F\0", 4);
    std::string file("MThd\0\0\0\6\0\0\0\1\1\xE0MTrk", 18);
    for (int shift = 24; shift >= 0; shift -= 8)
      file += static_cast<char>((track.size() >> shift) & 0xFF);
    return file + track;
  }

 private:
  struct Event {
    int tick;
    std::vector<int> bytes;
  };

  /// 480 ticks a quarter note of half a second.
  void add(double at_s, std::vector<int> bytes) {
    events_.push_back({static_cast<int>(at_s * 960), std::move(bytes)});
  }
  void add_note(int channel, double at_s, double length_s, int note) {
    add(at_s, {0x90 | channel, note, 60 + static_cast<int>(random_() % 50)});
    add(at_s + length_s, {0x80 | channel, note, 0});
  }
  int step(int third) {
    static constexpr std::array kMajor = {0, 2, 4, 5, 7, 9, 11};
    const auto degree = random_() % 7 + 2 * static_cast<unsigned>(third);
    return kMajor[degree % 7] + 12 * static_cast<int>(degree / 7);
  }
  static void append_number(std::string& out, int value) {
    std::string digits(1, static_cast<char>(value & 127));
    while ((value >>= 7) > 0) digits.insert(digits.begin(), static_cast<char>((value & 127) | 128));
    out += digits;
  }

  std::mt19937 random_;
  std::vector<Event> events_;
};

void make(const std::string& command) {
  if (std::system((command + " >/dev/null 2>&1").c_str()) != 0)
    throw std::runtime_error("failed: " + command);
}

/// 1 minute of silence, 4 of noises, 5 of music.
std::filesystem::path ten_minutes_without_speech(const TemporaryFolder& folder) {
  MidiFile music(5);
  for (int piece = 0; piece < 15; ++piece) music.add_piece(20.0 * piece, 20);
  const auto midi = folder.write("music.mid", music.bytes());
  const auto wave = folder / "music.wav";
  make("fluidsynth -ni -q -r 32000 -g 0.6 -F '" + wave.string() + "' " ATTUNE_SOUNDFONT " '" +
       midi.string() + "'");
  auto sound = folder / "nobody.flac";
  make(
      "ffmpeg -nostdin -f lavfi -i anullsrc=r=16000:cl=mono:d=60"
      " -f lavfi -i anoisesrc=c=white:r=16000:a=0.1:d=60:s=1"
      " -f lavfi -i anoisesrc=c=pink:r=16000:a=0.3:d=60:s=2"
      " -f lavfi -i anoisesrc=c=brown:r=16000:a=0.5:d=60:s=3"
      " -f lavfi -i \"aevalsrc=0.2*sin(2*PI*50*t)+0.1*sin(2*PI*150*t)+0.02*random(0):s=16000:d=60\""
      " -i '" +
      wave.string() +
      "' -filter_complex"
      " \"[5]aresample=16000,aformat=channel_layouts=mono,atrim=0:300[m];"
      "[0][1][2][3][4][m]concat=n=6:v=0:a=1\" -t 600 '" +
      sound.string() + "'");
  return sound;
}

/// The sound is made once.
class NobodySpeaks : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    sound_ = ten_minutes_without_speech(*folder_);
  }
  static void TearDownTestSuite() { delete folder_; }

  static const TemporaryFolder& folder() { return *folder_; }

  void expect_no_words(const std::string& captioner) const {
    const auto run =
        run_shell("--quiet caption '" + sound_.string() + "' -o '" + (folder() / "out").string() +
                  "' --set captioner='" + captioner + "' --set formats=json");
    ASSERT_EQ(run.code, 0) << run.err;
    const auto result = nlohmann::json::parse(read_text(folder() / "out" / "nobody.json"));
    EXPECT_GT(result["media"]["end"].get<double>(), 595);
    EXPECT_THAT(result["captions"], testing::IsEmpty());
    EXPECT_THAT(result["words"], testing::IsEmpty());
  }

 private:
  static inline TemporaryFolder* folder_ = nullptr;
  static inline std::filesystem::path sound_;
};

TEST_F(NobodySpeaks, PocketSphinxWritesNothing) {
  expect_no_words("pocketsphinx");
}

/// A random model has words for every sound that it is given (whisper_test.cc): none is given.
TEST_F(NobodySpeaks, WhisperWritesNothing) {
  const auto model = folder() / "random.bin";
  models::whisper::write_tiny_ggml(model);
  expect_no_words(model.string());
}

}  // namespace
}  // namespace attune::cli
