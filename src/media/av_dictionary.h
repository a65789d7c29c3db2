#pragma once

#include <map>
#include <string>

#include "media/libav.h"

namespace attune::media {

/// FFmpeg's option dictionary; FFmpeg replaces the pointer while it takes options out. For source
/// files of this folder only.
class AvDictionary {
 public:
  explicit AvDictionary(const std::map<std::string, std::string>& entries) {
    for (const auto& [key, value] : entries) av_dict_set(&entries_, key.c_str(), value.c_str(), 0);
  }
  ~AvDictionary() { av_dict_free(&entries_); }
  AvDictionary(const AvDictionary&) = delete;
  AvDictionary& operator=(const AvDictionary&) = delete;

  AVDictionary** get() { return &entries_; }
  /// Whether nobody has taken this key.
  bool has(const std::string& key) const {
    return av_dict_get(entries_, key.c_str(), nullptr, 0) != nullptr;
  }
  /// A key that nobody took, or null.
  const char* left_over() const {
    const AVDictionaryEntry* entry = av_dict_get(entries_, "", nullptr, AV_DICT_IGNORE_SUFFIX);
    return entry != nullptr ? entry->key : nullptr;
  }

 private:
  AVDictionary* entries_ = nullptr;
};

}  // namespace attune::media
