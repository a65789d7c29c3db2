#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "search/recording.h"

namespace attune::search {

enum class Order {
  /// Hits with more of the words of an OR, and with the rarer ones, come first; of plain words,
  /// those where they stand together in their order. Then by file and time.
  kRelevance,
  /// By the file's path, then by time.
  kTime,
};

struct SearchRequest {
  std::filesystem::path index;
  /// As parse_query() reads it; may be empty where there is a speaker or an event.
  std::string query;
  /// Words that follow each other in the speaker's name; empty: anybody.
  std::string speaker;
  /// A kind of event that lasts at the time; empty: whatever happens.
  std::string event;
  /// fnmatch(3) pattern for the file's path or its last part, '*' matching '/' too; empty: all.
  std::string file;
  Order order = Order::kRelevance;
  std::size_t limit = 20;
  std::size_t offset = 0;
};

/// Bytes of a hit's text that answer the query: [begin, end).
struct Mark {
  std::size_t begin = 0;
  std::size_t end = 0;
  /// When they are said, and the confidence of the least sure word; where the file has words.
  std::optional<TokenTime> said;
};

/// A cue, or an event where no words and no speaker alone were asked for.
struct Hit {
  /// The indexed file, below the index's root.
  std::filesystem::path file;
  /// As in Recording.
  std::string media;
  std::string title;
  std::string language;
  TimeSpan media_span{};
  /// Of the cue or event; of two cues where a phrase runs over from one into the next.
  TimeSpan span{};
  /// When the first mark is said; the start of the span where that is not known.
  Timestamp time{};
  std::vector<std::string> speakers;
  /// Lines with '\n' between them; of an event its remark.
  std::string text;
  /// In order, apart from each other.
  std::vector<Mark> marks;
  /// Kind of the event; empty for a cue.
  std::string event;
  std::optional<double> value;
  std::optional<double> confidence;
};

struct Answer {
  /// Of all hits.
  std::size_t total = 0;
  /// `limit` at most, from `offset` on.
  std::vector<Hit> hits;
};

/// Cues that match the query, are said by the speaker and meet the event; events, by speaker,
/// where only an event is asked for. A phrase between quotation marks may run over from a cue into
/// the next one of its file.
///
/// Throws Error(kUsage) for a mistake in the query, where nothing is asked, and for a kind of event
/// that the index does not have; Error(kInput) where the index is missing, damaged or of another
/// version; Error(kTryLater) where another process writes it for longer than five seconds.
Answer search(const SearchRequest& request);

}  // namespace attune::search
