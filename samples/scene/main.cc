extern "C" {
#include <libavutil/log.h>
}

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "core/error.h"
#include "core/output_files.h"
#include "samples/scene/movie_writer.h"
#include "samples/scene/options.h"
#include "samples/scene/screenplay.h"
#include "samples/scene/soundtrack.h"
#include "samples/scene/stage.h"
#include "samples/scene/truth.h"

namespace attune::scene {
namespace {

OutputFiles output_beside(const std::filesystem::path& file) {
  const auto folder = file.parent_path();
  return {folder.empty() ? "." : folder, file.stem().string()};
}

void film(const Screenplay& play, Stage& stage, const Options& options,
          const std::filesystem::path& path) {
  const FrameRate& rate = options.rate;
  const std::vector<float> sound =
      mix_soundtrack(play, options.offset_ms / 1000.0, options.screenplay.seed);
  MovieWriter writer(path, options.size, {rate.numerator, rate.denominator});
  const long pictures = rate.index_at(play.duration);
  std::size_t heard = 0;
  for (long i = 0; i < pictures; ++i) {
    writer.write_picture(stage.draw(rate.time_of(i)));
    const auto until = std::min(
        sound.size(), static_cast<std::size_t>(std::llround(rate.time_of(i + 1) * kSoundRate)));
    writer.write_sound(std::span(sound).subspan(heard, until - heard));
    heard = until;
  }
  writer.finish();
}

void make_scene(const Options& options) {
  const Screenplay play = write_screenplay(options.screenplay);
  Stage stage(play, options.size, options.screenplay.seed);
  OutputFiles movie = output_beside(options.movie);
  OutputFiles truth = output_beside(options.truth);
  film(play, stage, options, movie.reserve(options.movie.extension().string()));
  truth.write(options.truth.extension().string(),
              truth_of(play, stage,
                       {options.movie.filename().string(), options.size, options.rate,
                        options.offset_ms, options.screenplay.seed})
                      .dump() +
                  "\n");
  movie.commit();
  truth.commit();
}

}  // namespace
}  // namespace attune::scene

int main(int argc, char** argv) {
  const attune::scene::Options options = attune::scene::parse_options(argc, argv);
  av_log_set_level(AV_LOG_ERROR);
  try {
    attune::scene::make_scene(options);
    return 0;
  } catch (const attune::Error& error) {
    std::fprintf(stderr, "attune-scene: %s\n", error.what());
    return attune::exit_code(error.kind());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "attune-scene: %s\n", error.what());
    return attune::exit_code(attune::ErrorKind::kInternal);
  }
}
