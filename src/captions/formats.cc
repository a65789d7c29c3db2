#include "captions/formats.h"

#include <algorithm>
#include <array>

#include "captions/ava_csv.h"
#include "captions/cue_csv.h"
#include "captions/eaf.h"
#include "captions/edl.h"
#include "captions/otio.h"
#include "captions/plain_text.h"
#include "captions/result_json.h"
#include "captions/result_json_reader.h"
#include "captions/rttm.h"
#include "captions/srt.h"
#include "captions/textgrid.h"
#include "captions/ttml.h"
#include "captions/utf8.h"
#include "captions/webvtt.h"

namespace attune::captions {
namespace {

std::string write_ava(const Result& result) {
  return write_ava_csv(result);
}

constexpr unsigned kCaptions = kCues | kTimes | kVoices | kSharedCues | kLines;

constexpr std::array kFormats = {
    Format{"vtt", ".vtt", "WebVTT: captions with voices, for the web", kCaptions | kPlaces,
           write_webvtt, read_webvtt},
    Format{"srt", ".srt", "SubRip: captions for every player", kCues | kTimes | kLines, write_srt,
           read_srt},
    Format{"ttml", ".ttml", "TTML, the text profile of IMSC 1.1: captions for streaming",
           kCaptions | kPlaces, write_ttml, read_ttml},
    Format{"ebu-tt-d", ".xml", "EBU-TT-D: captions for broadcasters", kCaptions | kPlaces,
           write_ebu_tt_d, read_ttml},
    Format{"txt", ".txt", "text to read, a paragraph for each turn", kCues | kVoices | kSharedCues,
           write_plain_text, nullptr},
    Format{"json", ".json", "the whole result, with words, confidence and faces",
           kCaptions | kPlaces | kWords | kSegments, write_result_json, read_result_json},
    Format{"csv", ".csv", "a table of the cues", kCues | kTimes | kVoices | kLines, write_cue_csv,
           read_cue_csv},
    Format{"rttm", ".rttm", "NIST RTTM: who speaks when", kTimes | kVoices | kSegments, write_rttm,
           read_rttm},
    Format{"textgrid", ".TextGrid", "Praat TextGrid: a tier for each speaker and their words",
           kCues | kTimes | kVoices | kLines | kWords, write_textgrid, read_textgrid},
    Format{"eaf", ".eaf", "ELAN: a tier for each speaker and their words",
           kCues | kTimes | kVoices | kLines | kWords, write_eaf, read_eaf},
    Format{"edl", ".edl", "CMX 3600 edit decision list: markers for editors",
           kCues | kTimes | kVoices, write_edl, nullptr},
    Format{"otio", ".otio", "OpenTimelineIO: markers for editors",
           kCues | kTimes | kVoices | kLines, write_otio, nullptr},
    Format{"ava", ".ava.csv", "AVA-ActiveSpeaker CSV: every face at every tick", kTimes, write_ava,
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

const Format* format_of(std::string_view file_name, std::string_view content) {
  const std::string name = ascii_lower(file_name);
  const Format* best = nullptr;
  for (const Format& format : kFormats) {
    const bool longer = best == nullptr || format.extension.size() > best->extension.size();
    if (longer && name.ends_with(ascii_lower(format.extension))) best = &format;
  }
  const bool is_ava = content.starts_with("video_id,frame_timestamp,");
  if (is_ava && best == find_format("csv")) return find_format("ava");
  return best;
}

}  // namespace attune::captions
