#include "cli/embed_options.h"

namespace attune::cli {

void add_embed_options(CLI::App& command, EmbedOptions& options) {
  const std::string track = "Caption track";
  command
      .add_option("--language", options.language,
                  "Language of the captions, such as eng or de; default: that of the sound")
      ->type_name("CODE")
      ->group(track);
  command.add_option("--title", options.title, "Title of the track, as players list it")
      ->type_name("TEXT")
      ->group(track);
  const std::string picture = "Captions in the picture";
  command.add_option("--font", options.font, "Family of the font")
      ->type_name("NAME")
      ->capture_default_str()
      ->group(picture);
  command
      .add_option("--font-size", options.font_size,
                  "Height of a line, in percent of the picture's height")
      ->type_name("PERCENT")
      ->check(CLI::Range(1.0, 30.0))
      ->capture_default_str()
      ->group(picture);
  command
      .add_option("--quality", options.quality,
                  "Quality of the picture as libx264's crf: 0 lossless, 18 hard to tell from the "
                  "source, larger is smaller and worse")
      ->type_name("N")
      ->check(CLI::Range(0, 51))
      ->capture_default_str()
      ->group(picture);
}

}  // namespace attune::cli
