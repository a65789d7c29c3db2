#include "captions/layout.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "captions/cue_timing.h"
#include "captions/draft_cue.h"
#include "captions/phrase_split.h"
#include "captions/pieces.h"
#include "captions/shared_cues.h"
#include "captions/syntax.h"
#include "captions/unicode.h"

namespace attune::captions {
namespace {

using align::Word;

bool is_blank_word(const Word& word) {
  return word.text.find_first_not_of(" \t\r\n") == std::string::npos;
}

/// Puts the words phrase by phrase, so that two people who speak at once do not take turns word by
/// word.
std::vector<Word> in_phrases(std::vector<Word> words, Duration pause) {
  std::stable_sort(words.begin(), words.end(), [](const Word& a, const Word& b) {
    return std::tie(a.speaker, a.span.start) < std::tie(b.speaker, b.span.start);
  });
  struct Part {
    Timestamp start{};
    std::size_t first = 0;
    std::size_t count = 0;
  };
  std::vector<Part> parts;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool begins = i == 0 || words[i].speaker != words[i - 1].speaker ||
                        words[i].span.start - words[i - 1].span.end >= pause;
    if (begins) parts.push_back({words[i].span.start, i, 0});
    ++parts.back().count;
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part& a, const Part& b) { return a.start < b.start; });
  std::vector<Word> ordered;
  ordered.reserve(words.size());
  for (const Part& part : parts) {
    const auto begin = words.begin() + static_cast<std::ptrdiff_t>(part.first);
    std::move(begin, begin + static_cast<std::ptrdiff_t>(part.count), std::back_inserter(ordered));
  }
  return ordered;
}

std::string label_of(align::SpeakerId speaker, const SpeakerNames& names) {
  return names.name(speaker) + ": ";
}

class Layout {
 public:
  Layout(std::vector<Word> words, const SpeakerNames& names, const LayoutOptions& options)
      : names_(names), options_(options), profile_(options.profile) {
    std::erase_if(words, is_blank_word);
    words = in_phrases(std::move(words), options.cue_pause);
    std::vector<std::string> texts;
    for (const Word& word : words) texts.push_back(word.text);
    const Language language = options.language ? *options.language : guess_language(texts);
    texts = written_words(words, language, options.orthography);
    pieces_ = pieces_of(words, texts, language, widest_piece(texts, words));
    find_phrases();
  }

  std::vector<Caption> captions(std::span<const Timestamp> cuts) {
    std::vector<DraftCue> cues = drafts();
    std::vector<CueTiming> timings;
    timings.reserve(cues.size());
    for (std::size_t i = 0; i < cues.size(); ++i)
      timings.push_back({cues[i].spoken, needed(cues, i)});
    const std::vector<TimeSpan> spans = cue_spans(timings, cuts, profile_, options_.shift);
    std::vector<Caption> captions;
    captions.reserve(cues.size());
    for (std::size_t i = 0; i < cues.size(); ++i)
      captions.push_back(caption(std::move(cues[i]), spans[i]));
    return captions;
  }

 private:
  /// Pieces [first, end) of one phrase.
  struct Range {
    std::size_t first = 0;
    std::size_t end = 0;
  };

  /// A word must fit the narrowest line that it may come to stand in.
  int widest_piece(std::span<const std::string> texts, std::span<const Word> words) const {
    int width = profile_.limits(WritingSystem::kAlphabetic).max_columns;
    int label = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      width = std::min(width, profile_.limits(writing_system(texts[i])).max_columns);
      label = std::max(label, label_columns(words[i].speaker));
    }
    return width - label;
  }

  /// Columns of "Name: "; none when it would take more than half of a line.
  int label_columns(align::SpeakerId speaker) const {
    if (!options_.name_labels) return 0;
    const int width = columns(label_of(speaker, names_));
    const int narrowest = profile_.limits(WritingSystem::kJapanese).max_columns;
    return 2 * width > narrowest ? 0 : width;
  }

  void find_phrases() {
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      if (i == 0 || starts_phrase(pieces_[i - 1], pieces_[i])) phrases_.push_back({i, i});
      phrases_.back().end = i + 1;
    }
  }

  bool starts_phrase(const Piece& before, const Piece& piece) const {
    if (before.word.speaker != piece.word.speaker) return true;
    const bool unfinished = piece.break_cost >= kForbiddenBreak;
    return piece.word.span.start - before.word.span.end >=
           (unfinished ? options_.unfinished_pause : options_.cue_pause);
  }

  std::vector<DraftCue> drafts() const {
    std::vector<DraftCue> cues;
    for (std::size_t i = 0; i < phrases_.size(); ++i) {
      std::vector<DraftCue> split = split_phrase(phrase(i), profile_);
      std::move(split.begin(), split.end(), std::back_inserter(cues));
    }
    std::stable_sort(cues.begin(), cues.end(), [](const DraftCue& a, const DraftCue& b) {
      return a.spoken.start < b.spoken.start;
    });
    cues = share_cues(std::move(cues), profile_);
    if (options_.name_labels) make_room_for_labels(cues);
    return cues;
  }

  Phrase phrase(std::size_t index) const {
    const Range& range = phrases_[index];
    Phrase phrase;
    phrase.pieces = std::span(pieces_).subspan(range.first, range.end - range.first);
    if (index + 1 < phrases_.size())
      phrase.next_start = pieces_[phrases_[index + 1].first].word.span.start;
    const align::SpeakerId speaker = phrase.pieces.front().word.speaker;
    if (options_.name_labels &&
        (index == 0 || pieces_[phrases_[index - 1].first].word.speaker != speaker)) {
      phrase.label = label_of(speaker, names_);
      phrase.label_columns = label_columns(speaker);
    }
    return phrase;
  }

  bool follows_other_speaker(std::span<const DraftCue> cues, std::size_t i) const {
    return i == 0 || cues[i - 1].is_shared() || cues[i - 1].speaker() != cues[i].speaker();
  }

  bool has_label(std::span<const DraftCue> cues, std::size_t i) const {
    return options_.name_labels && !cues[i].is_shared() && follows_other_speaker(cues, i);
  }

  /// Which cues start with a label is known when all are in order. Those that have no room for it
  /// are laid out again, as two where one is too small; which may give others a label.
  void make_room_for_labels(std::vector<DraftCue>& cues) const {
    constexpr int kMostPasses = 4;
    for (int pass = 0; pass < kMostPasses && make_some_room(cues); ++pass) {
    }
  }

  /// One pass over the cues; whether one was laid out again.
  bool make_some_room(std::vector<DraftCue>& cues) const {
    bool changes = false;
    for (std::size_t i = 0; i < cues.size(); ++i) {
      if (!has_label(cues, i)) continue;
      const int label = label_columns(cues[i].speaker());
      if (label + columns(cues[i].lines.front()) <= narrowest(cues[i])) continue;
      Phrase phrase{cues[i].pieces, Timestamp::max(), label_of(cues[i].speaker(), names_), label};
      if (i + 1 < cues.size()) phrase.next_start = cues[i + 1].spoken.start;
      std::vector<DraftCue> split = split_phrase(phrase, profile_);
      cues.erase(cues.begin() + static_cast<std::ptrdiff_t>(i));
      for (DraftCue& cue : split) insert_in_order(cues, std::move(cue));
      changes = true;
    }
    return changes;
  }

  static void insert_in_order(std::vector<DraftCue>& cues, DraftCue cue) {
    const auto place =
        std::upper_bound(cues.begin(), cues.end(), cue.spoken.start,
                         [](Timestamp t, const DraftCue& other) { return t < other.spoken.start; });
    cues.insert(place, std::move(cue));
  }

  int narrowest(const DraftCue& cue) const {
    std::string text;
    for (const std::string& line : cue.lines) text += line;
    return profile_.limits(writing_system(text)).max_columns;
  }

  Duration needed(std::span<const DraftCue> cues, std::size_t i) const {
    std::vector<std::string> lines = cues[i].lines;
    if (has_label(cues, i)) lines.front().insert(0, label_of(cues[i].speaker(), names_));
    return reading_time(lines, profile_);
  }

  Caption caption(DraftCue cue, const TimeSpan& span) const {
    Caption caption;
    caption.span = span;
    caption.speaker = cue.speaker();
    caption.speaker_name = names_.name(caption.speaker);
    if (cue.is_shared()) {
      const align::SpeakerId other = cue.pieces[cue.second].word.speaker;
      caption.line_voices = {{caption.speaker, caption.speaker_name}, {other, names_.name(other)}};
    }
    caption.lines = std::move(cue.lines);
    caption.words.reserve(cue.pieces.size());
    for (Piece& piece : cue.pieces) caption.words.push_back(std::move(piece.word));
    return caption;
  }

  const SpeakerNames& names_;
  const LayoutOptions& options_;
  const Profile& profile_;
  std::vector<Piece> pieces_;
  std::vector<Range> phrases_;
};

}  // namespace

std::vector<Caption> lay_out(std::vector<Word> words, const SpeakerNames& names,
                             std::span<const Timestamp> cuts, const LayoutOptions& options) {
  return Layout(std::move(words), names, options).captions(cuts);
}

}  // namespace attune::captions
