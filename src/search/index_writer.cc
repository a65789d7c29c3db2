#include "search/index_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>

#include "search/index_database.h"
#include "search/tokens.h"

namespace attune::search {
namespace {

std::int64_t in_milliseconds(Timestamp time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

/// One behind the last that is in use.
std::int64_t next_id(sqlite::Database& database, std::string_view first, std::string_view count) {
  return database.integer(fmt::format("SELECT max({} + {}) FROM files", first, count));
}

}  // namespace

IndexWriter::IndexWriter(sqlite::Database& database)
    : database_(database),
      next_cue_(std::max<std::int64_t>(next_id(database, "first_cue", "cues"), 1)),
      next_event_(std::max<std::int64_t>(next_id(database, "first_event", "events"), 1)),
      add_file_(database.prepare(
          "INSERT INTO files (path, format, size, modified_ns, sha256, media, title, language, "
          "start_ms, end_ms, first_cue, cues, first_event, events) "
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")),
      add_cue_(database.prepare("INSERT INTO cues VALUES (?, ?, ?, ?, ?, ?, ?)")),
      add_text_(database.prepare("INSERT INTO cue_text (rowid, text) VALUES (?, ?)")),
      add_event_(database.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")),
      add_cue_event_(database.prepare("INSERT OR IGNORE INTO cue_events VALUES (?, ?)")) {}

void IndexWriter::add(std::string_view path, std::string_view format, const FileVersion& version,
                      const Recording& recording) {
  add_file_.bind(1, path)
      .bind(2, format)
      .bind(3, version.size)
      .bind(4, version.modified_ns)
      .bind(5, version.sha256)
      .bind(6, recording.media)
      .bind(7, recording.title)
      .bind(8, recording.language)
      .bind(9, in_milliseconds(recording.span.start))
      .bind(10, in_milliseconds(recording.span.end))
      .bind(11, next_cue_)
      .bind(12, recording.cues.size())
      .bind(13, next_event_)
      .bind(14, recording.events.size());
  add_file_.run();
  const std::int64_t file_id = database_.last_insert_id();
  const std::int64_t first_cue = next_cue_;
  for (const IndexedCue& cue : recording.cues) add_cue(file_id, cue);
  for (const IndexedEvent& event : recording.events) {
    add_event(file_id, event);
    add_cue_event_.bind(1, id_of("kinds", kinds_, event.kind));
    for (const std::size_t cue : cues_at(event, recording.cues))
      add_cue_event_.bind(2, first_cue + static_cast<std::int64_t>(cue)).run();
  }
}

void IndexWriter::add_cue(std::int64_t file_id, const IndexedCue& cue) {
  const std::int64_t id = next_cue_++;
  add_cue_.bind(1, id)
      .bind(2, file_id)
      .bind(3, in_milliseconds(cue.span.start))
      .bind(4, in_milliseconds(cue.span.end))
      .bind(5, id_of("names", names_, fmt::format("{}", fmt::join(cue.speakers, "\n"))))
      .bind(6, cue.text);
  if (cue.token_times.empty())
    add_cue_.bind(7, nullptr);
  else
    add_cue_.bind_blob(7, pack(cue.token_times, cue.span.start));
  add_cue_.run();
  add_text_.bind(1, id).bind(2, fmt::format("{} {}", joined(tokens_of(cue.text)), kEndToken)).run();
}

void IndexWriter::add_event(std::int64_t file_id, const IndexedEvent& event) {
  add_event_.bind(1, next_event_++)
      .bind(2, file_id)
      .bind(3, id_of("kinds", kinds_, event.kind))
      .bind(4, in_milliseconds(event.span.start))
      .bind(5, in_milliseconds(event.span.end))
      .bind(6, id_of("names", names_, event.speaker))
      .bind(7, event.text)
      .bind(8, event.value)
      .bind(9, event.confidence);
  add_event_.run();
}

std::int64_t IndexWriter::id_of(std::string_view table,
                                std::unordered_map<std::string, std::int64_t>& known,
                                const std::string& name) {
  if (const auto found = known.find(name); found != known.end()) return found->second;
  database_.prepare(fmt::format("INSERT OR IGNORE INTO {} (name) VALUES (?)", table))
      .bind(1, name)
      .run();
  sqlite::Statement select =
      database_.prepare(fmt::format("SELECT id FROM {} WHERE name = ?", table));
  select.bind(1, name).step();
  return known[name] = select.int64(0);
}

void IndexWriter::remove(std::int64_t file_id) {
  sqlite::Statement file =
      database_.prepare("SELECT first_cue, cues, first_event, events FROM files WHERE id = ?");
  if (!file.bind(1, file_id).step()) return;
  const std::int64_t first_cue = file.int64(0);
  const std::int64_t end_cue = first_cue + file.int64(1);
  const std::int64_t first_event = file.int64(2);
  const std::int64_t end_event = first_event + file.int64(3);
  file.reset();
  const auto erase = [this](std::string_view sql, std::int64_t first, std::int64_t end) {
    database_.prepare(sql).bind(1, first).bind(2, end).run();
  };
  erase("DELETE FROM cue_text WHERE rowid >= ? AND rowid < ?", first_cue, end_cue);
  erase("DELETE FROM cues WHERE id >= ? AND id < ?", first_cue, end_cue);
  erase("DELETE FROM cue_events WHERE kind IN (SELECT id FROM kinds) AND cue >= ? AND cue < ?",
        first_cue, end_cue);
  erase("DELETE FROM events WHERE id >= ? AND id < ?", first_event, end_event);
  database_.prepare("DELETE FROM files WHERE id = ?").bind(1, file_id).run();
}

void IndexWriter::update_version(std::int64_t file_id, const FileVersion& version) {
  database_.prepare("UPDATE files SET size = ?, modified_ns = ?, sha256 = ? WHERE id = ?")
      .bind(1, version.size)
      .bind(2, version.modified_ns)
      .bind(3, version.sha256)
      .bind(4, file_id)
      .run();
}

bool IndexWriter::optimize_step(bool first) {
  // As FTS5's manual has it: a negative number of pages begins to merge all into one, and a merge
  // that changes less than two rows found nothing more to do.
  constexpr int kPages = 500;
  const std::int64_t before = database_.total_changes();
  database_.execute(fmt::format("INSERT INTO cue_text (cue_text, rank) VALUES ('merge', {})",
                                first ? -kPages : kPages));
  return database_.total_changes() - before >= 2;
}

}  // namespace attune::search
