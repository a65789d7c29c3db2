#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "captions/result.h"
#include "cli/session.h"
#include "media/container_format.h"

namespace attune::cli {

/// Where captions go in a copy of a recording.
enum class EmbedMode {
  /// A text track that players can show or not; nothing is encoded anew.
  kTrack,
  /// Into the picture, which is encoded anew.
  kPicture,
};

struct EmbedOptions {
  EmbedMode mode = EmbedMode::kTrack;
  /// Of the text track: two or three letters of ISO 639. Empty: that of the sound.
  std::string language;
  std::string title;
  /// Nothing: what is usual in the container.
  std::optional<media::SubtitleCodec> codec;
  /// For the picture: family of the font, and the height of a line in percent of the picture's.
  std::string font = "DejaVu Sans";
  double font_size = 5.5;
  /// Constant rate factor: 0 lossless, larger is smaller and worse.
  int quality = 20;
};

/// Throws Error(kUsage) when captions cannot be put into such a file that way, whatever they are.
void require_embeddable(const std::string& media, const std::filesystem::path& output,
                        const EmbedOptions& options);

/// Writes a copy of `media` with the captions to `output`, whole or not at all, with progress on
/// the console. Throws Error; an output that was there is then as it was.
void embed(const std::string& media, const captions::Result& captions,
           const std::filesystem::path& output, const EmbedOptions& options,
           const std::atomic<bool>& stop, Session& session);

/// The one of a run's result files that says most of its captions. Throws Error(kUsage) when attune
/// reads none of them.
std::filesystem::path best_captions(std::span<const std::filesystem::path> files);

}  // namespace attune::cli
