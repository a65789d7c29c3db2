#include "search/hit_reader.h"

#include <algorithm>
#include <chrono>

#include "core/error.h"

namespace attune::search {
namespace {

Timestamp time_of(const sqlite::Statement& row, int column) {
  return std::chrono::milliseconds(row.int64(column));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

[[noreturn]] void fail_on_missing_row() {
  throw Error(ErrorKind::kInput, "the index is damaged: its tables do not agree");
}

/// Phrases that may run over: the quoted ones, and a plain query as a whole.
std::vector<Phrase> run_over_phrases(const Query& query) {
  std::vector<Phrase> phrases;
  for (const Phrase& phrase : query.wanted)
    if (phrase.quoted && phrase.tokens.size() > 1) phrases.push_back(phrase);
  if (query.sentence) phrases.push_back(*query.sentence);
  return phrases;
}

}  // namespace

std::vector<Mark> marks_of(const std::vector<Token>& tokens, const std::vector<TokenRange>& ranges,
                           const std::vector<std::optional<TokenTime>>& times) {
  std::vector<Mark> marks;
  std::size_t last_token = 0;
  for (const TokenRange& range : ranges) {
    std::size_t first = range.first;
    if (!marks.empty() && tokens[range.first].begin < marks.back().end) {
      if (range.last <= last_token) continue;
      first = last_token + 1;
    } else {
      marks.push_back({tokens[range.first].begin, 0, std::nullopt});
    }
    Mark& mark = marks.back();
    mark.end = std::max(mark.end, tokens[range.last].end);
    last_token = range.last;
    for (std::size_t i = first; i <= range.last && i < times.size(); ++i) {
      if (!times[i]) continue;
      if (!mark.said) mark.said = times[i];
      mark.said->span.end = std::max(mark.said->span.end, times[i]->span.end);
      mark.said->confidence = std::min(mark.said->confidence, times[i]->confidence);
    }
  }
  return marks;
}

HitReader::HitReader(sqlite::Database& database, std::filesystem::path root)
    : root_(std::move(root)),
      cue_(database.prepare("SELECT file, start_ms, end_ms, names.name, text, token_times "
                            "FROM cues JOIN names ON names.id = cues.name WHERE cues.id = ?")),
      event_(database.prepare(
          "SELECT file, start_ms, end_ms, names.name, text, kinds.name, value, confidence "
          "FROM events JOIN names ON names.id = events.name JOIN kinds ON kinds.id = events.kind "
          "WHERE events.id = ?")),
      file_(database.prepare("SELECT path, media, title, language, start_ms, end_ms FROM files "
                             "WHERE id = ?")) {}

HitReader::Cue HitReader::read_cue(std::int64_t id) {
  if (!cue_.bind(1, id).step()) fail_on_missing_row();
  Cue cue;
  cue.file = cue_.int64(0);
  cue.span = {time_of(cue_, 1), time_of(cue_, 2)};
  cue.names = cue_.text(3);
  cue.text = cue_.text(4);
  cue.tokens = tokens_of(cue.text);
  cue.times = unpack(cue_.view(5), cue.span.start);
  cue.times.resize(cue.tokens.size());
  cue_.reset();
  return cue;
}

void HitReader::join_where_it_runs_over(Cue& cue, std::int64_t next_id, const Query& query) {
  const std::vector<Phrase> phrases = run_over_phrases(query);
  if (phrases.empty() || !cue_.bind(1, next_id).step()) return;
  const bool same_file = cue_.int64(0) == cue.file;
  cue_.reset();
  if (!same_file) return;
  Cue next = read_cue(next_id);
  const std::size_t own = cue.tokens.size();
  for (Token& token : next.tokens) {
    token.begin += cue.text.size() + 1;
    token.end += cue.text.size() + 1;
  }
  std::vector<Token> tokens = cue.tokens;
  tokens.insert(tokens.end(), next.tokens.begin(), next.tokens.end());
  const std::vector<TokenRange> ranges = occurrences(tokens, phrases);
  if (std::none_of(ranges.begin(), ranges.end(), [own](const TokenRange& range) {
        return range.first < own && range.last >= own;
      }))
    return;
  cue.tokens = std::move(tokens);
  cue.text += '\n' + next.text;
  cue.times.insert(cue.times.end(), next.times.begin(), next.times.end());
  cue.span.end = std::max(cue.span.end, next.span.end);
  for (const std::string& name : lines_of(next.names)) {
    const std::vector<std::string> names = lines_of(cue.names);
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    cue.names += (cue.names.empty() ? "" : "\n") + name;
  }
}

void HitReader::fill_file(Hit& hit, std::int64_t file_id) {
  if (!file_.bind(1, file_id).step()) fail_on_missing_row();
  hit.file = root_ / file_.text(0);
  hit.media = file_.text(1);
  hit.title = file_.text(2);
  hit.language = file_.text(3);
  hit.media_span = {time_of(file_, 4), time_of(file_, 5)};
  file_.reset();
}

Hit HitReader::cue(std::int64_t id, const Query& query) {
  Cue cue = read_cue(id);
  join_where_it_runs_over(cue, id + 1, query);
  Hit hit;
  fill_file(hit, cue.file);
  hit.span = cue.span;
  hit.speakers = lines_of(cue.names);
  hit.marks = marks_of(cue.tokens, occurrences(cue.tokens, query.wanted), cue.times);
  hit.text = std::move(cue.text);
  const bool is_timed = !hit.marks.empty() && hit.marks.front().said;
  hit.time = is_timed ? hit.marks.front().said->span.start : hit.span.start;
  return hit;
}

Hit HitReader::event(std::int64_t id) {
  if (!event_.bind(1, id).step()) fail_on_missing_row();
  Hit hit;
  fill_file(hit, event_.int64(0));
  hit.span = {time_of(event_, 1), time_of(event_, 2)};
  hit.time = hit.span.start;
  hit.speakers = lines_of(event_.text(3));
  hit.text = event_.text(4);
  hit.event = event_.text(5);
  if (!event_.is_null(6)) hit.value = event_.real(6);
  if (!event_.is_null(7)) hit.confidence = event_.real(7);
  event_.reset();
  return hit;
}

}  // namespace attune::search
