#include "media/capture_devices.h"

#include <dlfcn.h>

#include "core/log.h"
#include "media/libav.h"

extern "C" {
#include <libavdevice/avdevice.h>
}

namespace attune::media {
namespace {

using NextFormat = decltype(&av_input_video_device_next);

/// The functions of libavdevice that are needed; null without it.
struct DeviceLibrary {
  DeviceLibrary() {
    const std::string file = "libavdevice.so." + std::to_string(LIBAVDEVICE_VERSION_MAJOR);
    // Never unloaded: its formats are registered in libavformat for good.
    void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      log()->warn("capture devices need {}, which cannot be loaded: {}", file, dlerror());
      return;
    }
    next_video = reinterpret_cast<NextFormat>(dlsym(library, "av_input_video_device_next"));
    next_audio = reinterpret_cast<NextFormat>(dlsym(library, "av_input_audio_device_next"));
    const auto register_all =
        reinterpret_cast<decltype(&avdevice_register_all)>(dlsym(library, "avdevice_register_all"));
    if (register_all != nullptr) register_all();
  }

  NextFormat next_video = nullptr;
  NextFormat next_audio = nullptr;
};

}  // namespace

bool is_device_format(const std::string& name) {
  static const DeviceLibrary library;
  for (const NextFormat next : {library.next_video, library.next_audio}) {
    if (next == nullptr) continue;
    for (const AVInputFormat* format = nullptr; (format = next(format)) != nullptr;) {
      // "video4linux2,v4l2"
      if (av_match_name(name.c_str(), format->name) > 0) return true;
    }
  }
  return false;
}

}  // namespace attune::media
