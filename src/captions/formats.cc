#include "captions/formats.h"

#include <algorithm>
#include <array>

#include "captions/ava_csv.h"
#include "captions/result_json.h"
#include "captions/rttm.h"
#include "captions/srt.h"
#include "captions/utf8.h"
#include "captions/webvtt.h"

namespace attune::captions {
namespace {

std::string write_ava(const Result& result) {
  return write_ava_csv(result);
}

constexpr std::array kFormats = {
    Format{"vtt", ".vtt", "WebVTT: captions with voices", write_webvtt, read_webvtt},
    Format{"srt", ".srt", "SubRip: captions", write_srt, read_srt},
    Format{"json", ".json", "the whole result", write_result_json, nullptr},
    Format{"rttm", ".rttm", "NIST RTTM: who speaks when", write_rttm, nullptr},
    Format{"ava", ".ava.csv", "AVA-ActiveSpeaker CSV: every face at every tick", write_ava,
           nullptr},
};

}  // namespace

std::span<const Format> formats() {
  return kFormats;
}

const Format* find_format(std::string_view name) {
  const auto has_name = [name](const Format& format) { return format.name == name; };
  const auto found = std::find_if(kFormats.begin(), kFormats.end(), has_name);
  return found == kFormats.end() ? nullptr : &*found;
}

const Format* format_of(std::string_view file_name, std::string_view) {
  const std::string name = ascii_lower(file_name);
  const Format* best = nullptr;
  for (const Format& format : kFormats) {
    const bool longer = best == nullptr || format.extension.size() > best->extension.size();
    if (longer && name.ends_with(ascii_lower(format.extension))) best = &format;
  }
  return best;
}

}  // namespace attune::captions
