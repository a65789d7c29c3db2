#include "live/hls_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/unique_name.h"
#include "media/hls_segmenter.h"

namespace attune::live {
namespace fs = std::filesystem;
namespace {

/// The last playlist of a run that is over, while the next has none yet: where to go on counting.
constexpr std::string_view kEarlierMedia = ".media.m3u8.earlier";
constexpr std::string_view kPrefix = "segment-";

[[noreturn]] void fail(const fs::path& path, std::string_view action, int error) {
  throw Error(ErrorKind::kOutput,
              fmt::format("{}: cannot {}: {}", path.string(), action, std::strerror(error)));
}

std::optional<std::string> read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// The number in the name of a segment's file; nothing for other files.
std::optional<std::int64_t> segment_number(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  if (!name.ends_with(".ts") && !name.ends_with(".vtt")) return std::nullopt;
  name = name.substr(0, name.rfind('.'));
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = status == std::errc() && end == name.data() + name.size() && number >= 0;
  return is_number ? std::optional(number) : std::nullopt;
}

/// ".segment-00000012.ts.0123456789abcdef.tmp", ".media.m3u8.….tmp".
bool is_half_written(std::string_view name) {
  if (!name.starts_with('.') || !name.ends_with(".tmp")) return false;
  name.remove_prefix(1);
  return name.starts_with(kPrefix) || name.starts_with(kHlsMaster) || name.starts_with(kHlsMedia) ||
         name.starts_with(kHlsCaptions);
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    names.push_back(entry->path().filename().string());
  if (error) fail(folder, "list the HLS folder", error.value());
  return names;
}

}  // namespace

HlsFolder::HlsFolder(fs::path folder, bool keep_segments) : folder_(std::move(folder)) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) fail(folder_, "create the HLS folder", error.value());
  if (!fs::is_directory(folder_)) fail(folder_, "use as HLS folder", ENOTDIR);
  if (::access(folder_.c_str(), W_OK) != 0) fail(folder_, "write to the HLS folder", errno);
  read_earlier(keep_segments);
  remove_leftovers(keep_segments);
}

void HlsFolder::read_earlier(bool keep_segments) {
  const fs::path current = folder_ / kHlsMedia;
  const bool has_current = fs::exists(current);
  const auto text = read_text(has_current ? current : folder_ / kEarlierMedia);
  if (text) earlier_ = media::read_media_playlist(*text);
  if (!earlier_) {
    // Whatever the playlist was, its numbers are not used again.
    std::optional<std::int64_t> highest;
    for (const std::string& name : names_in(folder_))
      if (const auto number = segment_number(name))
        highest = std::max(highest.value_or(0), *number);
    if (text) log()->warn("{}: is no playlist of attune's; it is replaced", current.string());
    if (!highest) return;
    earlier_.emplace();
    earlier_->media_sequence = *highest + 1;
  }
  std::error_code ignored;
  if (has_current && !keep_segments) fs::rename(current, folder_ / kEarlierMedia, ignored);
  if (keep_segments) {
    // A list has no holes: what comes before a lost file is lost too.
    media::HlsMediaPlaylist& kept = *earlier_;
    const auto lost = std::ranges::find_if(
        kept.entries.rbegin(), kept.entries.rend(), [&](const media::HlsEntry& entry) {
          return !segment_number(entry.stem + ".ts") || !fs::exists(folder_ / (entry.stem + ".ts"));
        });
    for (auto count = kept.entries.rend() - lost; count > 0; --count) {
      kept.discontinuity_sequence += kept.entries.front().is_discontinuity ? 1 : 0;
      kept.entries.pop_front();
      ++kept.media_sequence;
    }
    return;
  }
  for (const std::string_view name : {kHlsMaster, kHlsCaptions})
    fs::remove(folder_ / name, ignored);
  earlier_->discontinuity_sequence += std::ranges::count_if(
      earlier_->entries, [](const media::HlsEntry& entry) { return entry.is_discontinuity; });
  earlier_->media_sequence += static_cast<std::int64_t>(earlier_->entries.size());
  earlier_->entries.clear();
}

void HlsFolder::remove_leftovers(bool keep_segments) const {
  for (const std::string& name : names_in(folder_)) {
    // A recording is not thrown away because its playlist is lost.
    const bool is_stale = segment_number(name) && !keep_segments;
    std::error_code ignored;
    if (is_stale || is_half_written(name)) fs::remove(folder_ / name, ignored);
  }
}

void HlsFolder::replace(std::string_view name, std::string_view content) const {
  const fs::path path = folder_ / name;
  const fs::path temporary = folder_ / fmt::format(".{}.{}.tmp", name, unique_suffix());
  std::error_code ignored;
  {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    file << content;
    file.close();
    if (!file) {
      const int error = errno;
      fs::remove(temporary, ignored);
      fail(path, "write", error);
    }
  }
  std::error_code error;
  fs::rename(temporary, path, error);
  if (!error) return;
  fs::remove(temporary, ignored);
  fail(path, "put in place", error.value());
}

void HlsFolder::remove_segment(const std::string& stem) const {
  std::error_code ignored;
  for (const std::string_view extension : {".ts", ".vtt"})
    fs::remove(folder_ / (stem + std::string(extension)), ignored);
}

void HlsFolder::forget_earlier() {
  if (!earlier_) return;
  earlier_.reset();
  std::error_code ignored;
  fs::remove(folder_ / kEarlierMedia, ignored);
}

}  // namespace attune::live
