#pragma once

namespace attune::captions {

inline constexpr const char* kTtml = "http://www.w3.org/ns/ttml";
inline constexpr const char* kTtmlParameter = "http://www.w3.org/ns/ttml#parameter";
inline constexpr const char* kTtmlStyling = "http://www.w3.org/ns/ttml#styling";
inline constexpr const char* kTtmlMetadata = "http://www.w3.org/ns/ttml#metadata";
inline constexpr const char* kXml = "http://www.w3.org/XML/1998/namespace";

/// Lines of text in the picture's height: the rows of TTML's default cell resolution. A letter is a
/// row high.
inline constexpr double kTtmlRows = 15;

}  // namespace attune::captions
