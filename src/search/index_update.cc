#include "search/index_update.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <unordered_map>

#include "search/file_scan.h"
#include "search/index_database.h"
#include "search/index_lock.h"
#include "search/index_writer.h"
#include "search/source_file.h"

namespace attune::search {
namespace fs = std::filesystem;
namespace {

/// What a transaction lasts at most, but for the file at its end.
constexpr std::chrono::seconds kTransactionTime{2};
/// Cues that are so many times those of the index before, or more, make its order worth renewing.
constexpr double kMuchAdded = 0.5;

/// A file as the index knows it.
struct KnownFile {
  std::int64_t id = 0;
  FileVersion version;
  /// Empty: passed over.
  std::string format;
  /// It was met again, or nobody knows.
  bool kept = false;
};

std::unordered_map<std::string, KnownFile> known_files(sqlite::Database& database) {
  std::unordered_map<std::string, KnownFile> known;
  sqlite::Statement select =
      database.prepare("SELECT path, id, size, modified_ns, sha256, format FROM files");
  while (select.step())
    known[select.text(0)] = {
        select.int64(1), {select.int64(2), select.int64(3), select.text(4)}, select.text(5), false};
  return known;
}

/// What became of a file that was looked at.
enum class Outcome { kTaken, kPassedOver, kFailed };

/// One pass over a folder.
class Update {
 public:
  Update(const UpdateRequest& request, sqlite::Database& database)
      : request_(request),
        database_(database),
        writer_(database),
        known_(known_files(database)),
        cues_before_(database.integer("SELECT sum(cues) FROM files")) {}

  UpdateReport run() {
    const FileScan found = scan(request_.root);
    for (const UnreadFolder& folder : found.unread)
      fail((request_.root / folder.path).string(),
           Error(ErrorKind::kInput,
                 fmt::format("{}: {}", (request_.root / folder.path).string(), folder.reason)));
    transaction_.emplace(database_);
    for (std::size_t i = 0; i < found.stems.size() && !stopped(); ++i) {
      if (request_.progress) request_.progress(i, found.stems.size(), found.stems[i].front().path);
      take(found.stems[i]);
      commit_at_times();
    }
    report_.complete = !stopped();
    if (report_.complete) remove_vanished(found);
    if (report_.complete && much_added()) optimize();
    transaction_->commit();
    count();
    return std::move(report_);
  }

 private:
  bool stopped() const { return request_.stop != nullptr && request_.stop->load(); }

  bool much_added() const {
    return static_cast<double>(cues_added_) > kMuchAdded * static_cast<double>(cues_before_);
  }

  void fail(std::string path, Error error) {
    report_.failures.push_back({std::move(path), std::move(error)});
  }

  void commit_at_times() {
    const auto now = std::chrono::steady_clock::now();
    if (now - begun_ < kTransactionTime) return;
    transaction_->commit();
    transaction_.emplace(database_);
    begun_ = now;
  }

  /// The first of the files that can be read.
  void take(const Stem& stem) {
    bool taken = false;
    for (const CaptionFile& file : stem) {
      if (taken) {
        ++report_.passed_over;
        continue;
      }
      const Outcome outcome = take(file);
      taken = outcome == Outcome::kTaken;
      if (outcome == Outcome::kPassedOver) ++report_.passed_over;
    }
  }

  Outcome take(const CaptionFile& file) {
    const auto found = known_.find(file.path);
    KnownFile* known = found == known_.end() ? nullptr : &found->second;
    std::optional<SourceFile> source;
    try {
      const FileVersion now = version_of(request_.root / file.path);
      if (known != nullptr && is_same(now, known->version)) return keep(*known);
      source = read_source(request_.root / file.path);
    } catch (const Error& error) {
      // What the index has of a file that cannot be opened today may well be right.
      if (known != nullptr) known->kept = true;
      fail((request_.root / file.path).string(), error);
      return Outcome::kFailed;
    }
    return take(file, known, std::move(*source));
  }

  static bool is_same(const FileVersion& now, const FileVersion& known) {
    return now.modified_ns != 0 && now.modified_ns == known.modified_ns && now.size == known.size;
  }

  Outcome keep(KnownFile& known) {
    known.kept = true;
    if (known.format.empty()) return Outcome::kPassedOver;
    ++report_.unchanged;
    return Outcome::kTaken;
  }

  Outcome take(const CaptionFile& file, KnownFile* known, SourceFile source) {
    if (known != nullptr && source.version.sha256 == known->version.sha256) {
      writer_.update_version(known->id, source.version);
      return keep(*known);
    }
    Recording recording;
    std::string_view format;
    if (holds_captions(*file.format, source.content)) {
      format = file.format->name;
      try {
        recording = parse_source(*file.format, std::move(source.content), request_.encoding);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::kUsage) throw;
        const std::string path = (request_.root / file.path).string();
        fail(path, error.within(path));
        return Outcome::kFailed;
      }
    }
    put(file, known, format, source.version, recording);
    return format.empty() ? Outcome::kPassedOver : Outcome::kTaken;
  }

  void put(const CaptionFile& file, KnownFile* known, std::string_view format,
           const FileVersion& version, const Recording& recording) {
    const bool replaces = known != nullptr && !known->format.empty();
    if (known != nullptr) {
      writer_.remove(known->id);
      known_.erase(file.path);
    }
    writer_.add(file.path, format, version, recording);
    cues_added_ += recording.cues.size();
    if (replaces)
      ++report_.replaced;
    else if (!format.empty())
      ++report_.added;
  }

  void remove_vanished(const FileScan& found) {
    for (const auto& [path, known] : known_) {
      if (known.kept || is_unread(found, path)) continue;
      writer_.remove(known.id);
      if (!known.format.empty()) ++report_.removed;
      commit_at_times();
    }
  }

  void optimize() {
    for (bool first = true; !stopped() && writer_.optimize_step(first); first = false)
      commit_at_times();
  }

  void count() {
    report_.files = database_.integer("SELECT count(*) FROM files WHERE format <> ''");
    report_.cues = database_.integer("SELECT sum(cues) FROM files");
    report_.events = database_.integer("SELECT sum(events) FROM files");
  }

  const UpdateRequest& request_;
  sqlite::Database& database_;
  IndexWriter writer_;
  std::unordered_map<std::string, KnownFile> known_;
  std::int64_t cues_before_;
  std::size_t cues_added_ = 0;
  std::optional<sqlite::Transaction> transaction_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  UpdateReport report_;
};

/// "." where the index lies in the folder itself, so that both can move together.
std::string root_setting(const UpdateRequest& request) {
  std::error_code error;
  const fs::path root = fs::canonical(request.root, error);
  if (error || !fs::is_directory(root))
    throw Error(ErrorKind::kInput, fmt::format("{}: {}", request.root.string(),
                                               error ? error.message() : "is no folder"));
  const fs::path folder = request.index.has_parent_path() ? request.index.parent_path() : ".";
  return fs::equivalent(root, folder, error) ? "." : root.string();
}

UpdateReport fill(const UpdateRequest& request, sqlite::Database database) {
  // Pages that are changed stay in memory until the end of a transaction.
  database.execute("PRAGMA cache_size = -65536");
  return Update(request, database).run();
}

fs::path with_ending(const fs::path& file, std::string_view ending) {
  return file.string() + std::string(ending);
}

void remove_database(const fs::path& file) {
  std::error_code ignored;
  fs::remove(file, ignored);
  fs::remove(with_ending(file, "-journal"), ignored);
}

UpdateReport build_anew(const UpdateRequest& request, const std::string& root) {
  const fs::path fresh = with_ending(request.index, ".new");
  remove_database(fresh);
  UpdateReport report = fill(request, create_index(fresh, root));
  if (!report.complete) {
    remove_database(fresh);
    return report;
  }
  std::error_code error;
  // A journal that was left beside the old file would be rolled back into the new one.
  fs::remove(with_ending(request.index, "-journal"), error);
  fs::rename(fresh, request.index, error);
  if (error)
    throw Error(ErrorKind::kOutput, fmt::format("{}: {}", request.index.string(), error.message()));
  return report;
}

void require_same_root(sqlite::Database& database, const std::string& root) {
  const std::string indexed = index_root(database);
  if (indexed != root)
    throw Error(ErrorKind::kOutput,
                fmt::format("{}: is the index of {}; choose another file with -o, or make it anew "
                            "with --rebuild",
                            database.name(), indexed));
}

UpdateReport update(const UpdateRequest& request, const std::string& root) {
  switch (index_state(request.index)) {
    case IndexState::kForeign:
      throw Error(ErrorKind::kOutput,
                  fmt::format("{}: is there and is no index of attune, or a damaged one; choose "
                              "another file with -o, or delete it",
                              request.index.string()));
    case IndexState::kMissing:
    case IndexState::kEmpty:
      return fill(request, create_index(request.index, root));
    case IndexState::kOtherVersion:
      return build_anew(request, root);
    case IndexState::kCurrent:
      break;
  }
  if (request.rebuild) return build_anew(request, root);
  sqlite::Database database = open_index(request.index, sqlite::OpenMode::kReadWrite);
  try {
    require_same_root(database, root);
    return fill(request, std::move(database));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInput) throw;
    throw Error(ErrorKind::kInput,
                fmt::format("{}; the index is damaged: make it anew with --rebuild", error.what()));
  }
}

}  // namespace

UpdateReport update_index(const UpdateRequest& request) {
  const std::string root = root_setting(request);
  const IndexLock lock(request.index);
  return update(request, root);
}

}  // namespace attune::search
