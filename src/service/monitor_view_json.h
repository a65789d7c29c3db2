#pragma once

#include <string>

#include "live/monitor_view.h"

namespace attune::service {

/// A view as the monitor page's "view" message has it, one line: times in seconds, the JPEG as
/// base64 in "picture". One message with both, for a picture asked for by its address would come a
/// round trip after its boxes, on a connection of its own. docs/live.md lists the members.
std::string view_json(const live::MonitorView& view);

/// RFC 4648, 4.
std::string base64(const std::string& bytes);

}  // namespace attune::service
