#include "service/monitor_view_json.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <iterator>

#include "captions/json_text.h"

namespace attune::service {

using captions::json_number;
using captions::json_seconds;
using captions::json_string;

std::string base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  // It writes a zero after the text, where std::string has one.
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return text;
}

std::string view_json(const live::MonitorView& view) {
  std::string text = fmt::format(
      R"({{"time": {}, "width": {}, "height": {}, "null_mass": {}, "speech": {}, "off_screen": {}, )"
      R"("offset": {}, "offset_confidence": {}, "faces": [)",
      json_seconds(view.time), view.width, view.height, json_number(view.null_mass, 4),
      json_number(view.speech, 4), json_number(view.off_screen, 4), json_seconds(view.offset),
      json_number(view.offset_confidence, 3));
  for (const live::MonitorView::Face& face : view.faces)
    fmt::format_to(
        std::back_inserter(text),
        R"({}{{"track": {}, "speaker": {}, "name": {}, "x": {}, "y": {}, "width": {}, "height": {}, )"
        R"("speaking": {}, "mass": {}}})",
        &face == view.faces.data() ? "" : ", ", face.track, face.speaker, json_string(face.name),
        json_number(face.x, 4), json_number(face.y, 4), json_number(face.width, 4),
        json_number(face.height, 4), json_number(face.speaking, 4), json_number(face.mass, 4));
  return text + R"(], "picture": ")" + base64(view.picture) + "\"}";
}

}  // namespace attune::service
