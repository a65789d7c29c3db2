#include "samples/scene/screenplay.h"

#include <algorithm>
#include <utility>

#include "samples/scene/random.h"

namespace attune::scene {
namespace {

constexpr double kLeadIn = 1.2;   // before the first and after the last word; an offset of up to
constexpr double kLeadOut = 1.2;  // a second must not cut any of them
constexpr double kShortestPause = 0.5;
constexpr double kLongestPause = 1.0;

struct Line {
  int character;
  const char* text;
};

// Sentences of common words that a speech recogniser understands in these voices.
constexpr Line kDialogue[] = {
    {0,
     "Good morning, it is very good to see you again. What do you think about the weather this "
     "week?"},
    {1, "It has been very cold, and there was snow on Monday morning."},
    {0, "The weather is going to be warm and sunny this weekend."},
    {1, "The man on the radio said it will be warm again tomorrow."},
    {0, "I would like to know more about the history of this place."},
    {1,
     "The first people came here more than two hundred years ago. Most of them lived in small "
     "houses near the water."},
    {0, "Today there are more than one million people in the city."},
    {1, "Many families moved to the south and started a new life."},
    {0, "The last question is about the future of the country."},
    {1, "I believe that the future will be better than the past."},
};
constexpr Line kAnnouncement = {kOffScreen,
                                "The meeting will begin at three o'clock in the main building."};
constexpr Line kClosing[] = {
    {0,
     "We can leave at eight o'clock in the morning. I will call you tomorrow afternoon and tell "
     "you what they said."},
    {1, "That is a good idea, and I can bring my car."},
};

class Writer {
 public:
  explicit Writer(const ScreenplayOptions& options) : options_(options), random_(options.seed) {
    play_.speakers = options.speakers;
  }

  Screenplay write() {
    for (const Part part : {Part::kDialogue, Part::kOffScreen, Part::kSilence, Part::kClosing}) {
      if (std::ranges::find(options_.parts, part) != options_.parts.end()) add(part);
    }
    play_.duration = (play_.turns.empty() ? kLeadIn : play_.turns.back().end()) + kLeadOut;
    play_.duration = std::max(play_.duration, next_);
    finish_shots();
    return std::move(play_);
  }

 private:
  void add(Part part) {
    switch (part) {
      case Part::kDialogue:
        return add_dialogue();
      case Part::kOffScreen:
        return add_turn(kAnnouncement);
      case Part::kSilence:
        return add_silence();
      case Part::kClosing:
        return add_closing();
    }
  }

  bool in_cast(const Line& line) const {
    return line.character == kOffScreen || line.character < options_.speakers;
  }

  void add_turn(const Line& line) {
    Turn turn{line.character, line.text,
              speak(line.text, characters()[static_cast<std::size_t>(line.character)].voice,
                    options_.speech_rate),
              next_};
    next_ = turn.end() + random_.uniform(kShortestPause, kLongestPause);
    play_.turns.push_back(std::move(turn));
  }

  void add_dialogue() {
    int added = 0;
    for (std::size_t i = 0; added < options_.turns; ++i) {
      const Line& line = kDialogue[i % std::size(kDialogue)];
      if (!in_cast(line)) continue;
      add_turn(line);
      ++added;
    }
  }

  void add_silence() {
    const double from = play_.turns.empty() ? 0 : play_.turns.back().end();
    next_ = from + options_.silence_s;
  }

  /// The first speaker is shown close up from the middle of one sentence to the middle of the next.
  void add_closing() {
    for (const Line& line : kClosing) {
      if (!in_cast(line)) continue;
      add_turn(line);
      if (!options_.cuts || line.character != 0) continue;
      const Turn& turn = play_.turns.back();
      play_.shots.push_back({turn.start + 0.25 * turn.speech.duration(), 0, line.character});
      play_.shots.push_back({turn.start + 0.75 * turn.speech.duration(), 0, std::nullopt});
    }
  }

  void finish_shots() {
    play_.shots.insert(play_.shots.begin(), Shot{});
    for (std::size_t i = 0; i + 1 < play_.shots.size(); ++i) {
      play_.shots[i].end = play_.shots[i + 1].start;
    }
    play_.shots.back().end = play_.duration;
  }

  ScreenplayOptions options_;
  Random random_;
  Screenplay play_;
  double next_ = kLeadIn;
};

}  // namespace

const std::vector<Character>& characters() {
  static const std::vector<Character> cast{{"Anna", "slt"}, {"Ben", "rms"}, {"Announcer", "awb"}};
  return cast;
}

Screenplay write_screenplay(const ScreenplayOptions& options) {
  return Writer(options).write();
}

}  // namespace attune::scene
