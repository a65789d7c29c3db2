#pragma once

#include <filesystem>
#include <string>

namespace attune::media {

/// Whether FFmpeg is to open it by protocol: "rtmp://...", "https://...", "pipe:0", "-".
/// An existing file is never taken for an address, whatever its name.
bool is_address(const std::string& location);

/// Throws Error(kInput) for a local file that is missing, a folder, empty or not permitted.
void check_local_file(const std::filesystem::path& path);

/// Why FFmpeg would not open an existing local file, as the end of a sentence that begins with its
/// name: looks for an MP4 or QuickTime file without its index, else says that it is no media file.
std::string explain_unreadable(const std::filesystem::path& path, const std::string& av_text);

}  // namespace attune::media
