#pragma once

#include <string_view>

namespace attune::service {

/// The files of src/service/pages, which the build puts into the program. In the pages "{{feed}}"
/// stands for the name of a feed.
extern const std::string_view kMonitorPage;
extern const std::string_view kFeedsPage;
extern const std::string_view kPageStyle;
extern const std::string_view kMonitorScript;
extern const std::string_view kStageScript;
extern const std::string_view kAttentionScript;
extern const std::string_view kCaptionsScript;
extern const std::string_view kFormatScript;
extern const std::string_view kFeedsScript;

}  // namespace attune::service
