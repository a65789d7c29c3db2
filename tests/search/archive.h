#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "captions/result.h"
#include "captions/result_json.h"
#include "search/index_database.h"
#include "search/index_update.h"
#include "search/search.h"

namespace attune::search {

/// A folder that is gone with the object, with the index of what is in it.
class Archive {
 public:
  Archive() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "attune_search_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder_ = pattern;
  }
  ~Archive() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path index() const { return folder_ / std::string(kIndexName); }

  std::filesystem::path write(const std::string& name, const std::string& content) const {
    const std::filesystem::path file = folder_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

  UpdateReport update(bool rebuild = false) const {
    UpdateRequest request;
    request.root = folder_;
    request.index = index();
    request.rebuild = rebuild;
    return update_index(request);
  }

  SearchRequest request(const std::string& query) const {
    SearchRequest request;
    request.index = index();
    request.query = query;
    request.limit = 1'000'000;
    return request;
  }

  Answer find(const std::string& query) const { return search(request(query)); }

  /// "FILE TIME" of all hits, in milliseconds.
  std::vector<std::string> places(const SearchRequest& request) const {
    std::vector<std::string> places;
    for (const Hit& hit : search(request).hits)
      places.push_back(
          hit.file.lexically_relative(folder_).string() + ' ' +
          std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(hit.time).count()));
    return places;
  }
  std::vector<std::string> places(const std::string& query) const { return places(request(query)); }

 private:
  std::filesystem::path folder_;
};

inline std::string srt(const std::vector<std::string>& cues) {
  std::string text;
  for (std::size_t i = 0; i < cues.size(); ++i)
    text += std::to_string(i + 1) + "\n00:00:0" + std::to_string(i) + ",000 --> 00:00:0" +
            std::to_string(i) + ",900\n" + cues[i] + "\n\n";
  return text;
}

}  // namespace attune::search
