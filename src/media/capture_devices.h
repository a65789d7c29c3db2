#pragma once

#include <string>

namespace attune::media {

/// Whether libavdevice reads devices of this format ("v4l2", "alsa", "pulse", "lavfi"). The library
/// is loaded on the first call, since it brings some eighty others along, which would double the
/// time that every program takes to start. Without it there are no devices. Thread-safe.
bool is_device_format(const std::string& name);

}  // namespace attune::media
