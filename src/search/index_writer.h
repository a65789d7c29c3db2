#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/sqlite.h"
#include "search/recording.h"

namespace attune::search {

/// Which content of a file the index holds.
struct FileVersion {
  std::int64_t size = 0;
  /// Since 1970; 0: not to be relied on.
  std::int64_t modified_ns = 0;
  /// Lower-case hexadecimal.
  std::string sha256;
};

/// Puts recordings into an index that is open for writing, and takes them out. The caller decides
/// where transactions begin and end; one that is rolled back ends the writer's use.
class IndexWriter {
 public:
  /// `database` must outlive it.
  explicit IndexWriter(sqlite::Database& database);

  /// `path`: relative to the index's root, not in it yet. `format`: by its name in
  /// captions/formats.h; empty for a file that holds no captions and is to be passed over.
  void add(std::string_view path, std::string_view format, const FileVersion& version,
           const Recording& recording);
  /// The file with its cues and events.
  void remove(std::int64_t file_id);
  /// For a file whose content is what it was.
  void update_version(std::int64_t file_id, const FileVersion& version);

  /// A step towards the best order of the text index, once much has been added; `first` begins it.
  /// Returns false when it is reached.
  bool optimize_step(bool first);

 private:
  void add_cue(std::int64_t file_id, const IndexedCue& cue);
  void add_event(std::int64_t file_id, const IndexedEvent& event);
  std::int64_t id_of(std::string_view table, std::unordered_map<std::string, std::int64_t>& known,
                     const std::string& name);

  sqlite::Database& database_;
  std::int64_t next_cue_;
  std::int64_t next_event_;
  std::unordered_map<std::string, std::int64_t> names_;
  std::unordered_map<std::string, std::int64_t> kinds_;
  sqlite::Statement add_file_;
  sqlite::Statement add_cue_;
  sqlite::Statement add_text_;
  sqlite::Statement add_event_;
  sqlite::Statement add_cue_event_;
};

}  // namespace attune::search
