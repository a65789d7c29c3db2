#pragma once

#include <optional>
#include <string>
#include <vector>

#include "captions/result.h"
#include "core/time.h"
#include "search/token_times.h"

namespace attune::search {

/// One cue as the index holds it. Times are whole milliseconds.
struct IndexedCue {
  TimeSpan span{};
  /// Names, in order of the lines, each once; empty where nobody is named.
  std::vector<std::string> speakers;
  /// The lines with '\n' between them.
  std::string text;
  /// One entry for each of tokens_of(text), nothing for those that no word stands for; empty where
  /// the file has no words.
  std::vector<std::optional<TokenTime>> token_times;
};

/// Something that happened. The kinds:
///
/// | kind        | what | | ----------- |
/// ------------------------------------------------------------------------------- | | speech | a
/// stretch of speech of somebody visible or named                                | | off-screen  |
/// a stretch of speech of nobody visible                                           | | shot-change
/// | a new camera view; it has no length                                             | | sync | how
/// far sound and picture are apart; `value`: seconds, positive: sound is late  | | out-of-sync |
/// the same, where it is more than EBU R 37 allows (40 ms early, 60 ms late) and   | | | the
/// confidence is at least 0.5                                                  | | incomplete  |
/// the recording broke off or the job was stopped; as long as the recording        | | note | a
/// remark on the recording, in `text`; as long as the recording                  |
struct IndexedEvent {
  std::string kind;
  TimeSpan span{};
  /// Empty where nobody is named.
  std::string speaker;
  std::string text;
  std::optional<double> value;
  /// In [0, 1].
  std::optional<double> confidence;
};

/// What the index holds of one file.
struct Recording {
  /// As its user named it; empty where the file does not say.
  std::string media;
  std::string title;
  std::string language;
  /// Of the media.
  TimeSpan span{};
  /// In order of start time.
  std::vector<IndexedCue> cues;
  std::vector<IndexedEvent> events;
};

Recording recording_of(const captions::Result& result);

/// Indices of the cues that are on display while the event lasts; one without length counts where
/// it is. In order.
std::vector<std::size_t> cues_at(const IndexedEvent& event, const std::vector<IndexedCue>& cues);

}  // namespace attune::search
