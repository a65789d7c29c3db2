#pragma once

// Reads numpy's .npz archives (a zip of .npy arrays), for reference data in tests only.

#include <zip.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <numeric>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace attune::models {

/// The folder with reference data: $ATTUNE_SHARED, or `shared` beside the source tree.
inline std::filesystem::path shared_folder() {
  if (const char* folder = std::getenv("ATTUNE_SHARED")) return folder;
  return std::filesystem::path(ATTUNE_SOURCE_DIR) / ".." / "shared";
}

#define ATTUNE_REQUIRE_SHARED(path)                                            \
  if (!std::filesystem::exists(shared_folder() / (path)))                      \
  GTEST_SKIP() << "no reference data: " << (shared_folder() / (path)).string() \
               << " does not exist (set ATTUNE_SHARED to the folder that has it)"

struct NpyArray {
  std::string type;  // numpy's: "<f4", "|u1", ...
  tensor::Shape shape;
  bool column_major = false;
  std::vector<std::uint8_t> bytes;

  template <class T>
  std::vector<T> as() const {
    std::vector<T> values(bytes.size() / sizeof(T));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }

  tensor::Tensor tensor() const {
    tensor::Shape stored = shape;
    if (column_major) std::reverse(stored.begin(), stored.end());
    tensor::Tensor result(stored);
    const auto fill = [&](const auto& values) {
      for (std::size_t i = 0; i < values.size(); ++i)
        result.data()[i] = static_cast<float>(values[i]);
    };
    if (type == "<f4")
      fill(as<float>());
    else if (type == "<f8")
      fill(as<double>());
    else if (type == "|u1")
      fill(bytes);
    else if (type == "<i2")
      fill(as<std::int16_t>());
    else if (type == "<i8")
      fill(as<std::int64_t>());
    else
      throw std::runtime_error("npy type " + type);
    if (!column_major) return result;
    std::vector<int> reversed(shape.size());
    std::iota(reversed.rbegin(), reversed.rend(), 0);
    return permuted(result, reversed);
  }
};

class Npz {
 public:
  explicit Npz(const std::filesystem::path& path) {
    int error = 0;
    zip_t* archive = zip_open(path.c_str(), ZIP_RDONLY, &error);
    if (archive == nullptr) throw std::runtime_error("cannot open " + path.string());
    for (zip_int64_t i = 0; i < zip_get_num_entries(archive, 0); ++i) {
      zip_stat_t status;
      zip_stat_index(archive, static_cast<zip_uint64_t>(i), 0, &status);
      std::vector<std::uint8_t> bytes(status.size);
      zip_file_t* file = zip_fopen_index(archive, static_cast<zip_uint64_t>(i), 0);
      zip_fread(file, bytes.data(), bytes.size());
      zip_fclose(file);
      std::string name = status.name;
      arrays_[name.substr(0, name.rfind(".npy"))] = parse(bytes);
    }
    zip_discard(archive);
  }

  const NpyArray& operator[](const std::string& name) const {
    const auto found = arrays_.find(name);
    if (found == arrays_.end()) throw std::runtime_error("no array " + name);
    return found->second;
  }
  bool contains(const std::string& name) const { return arrays_.contains(name); }
  tensor::Tensor tensor(const std::string& name) const { return (*this)[name].tensor(); }

 private:
  static NpyArray parse(const std::vector<std::uint8_t>& bytes) {
    const std::size_t start = 10 + bytes.at(8) + 256U * bytes.at(9);
    const std::string header(bytes.begin() + 10, bytes.begin() + static_cast<long>(start));
    NpyArray array;
    std::smatch match;
    std::regex_search(header, match, std::regex("'descr': '([^']+)'"));
    array.type = match[1];
    std::regex_search(header, match, std::regex(R"('shape': \(([^)]*)\))"));
    const std::string extents = match[1];
    const std::regex number("[0-9]+");
    for (std::sregex_iterator it(extents.begin(), extents.end(), number), end; it != end; ++it)
      array.shape.push_back(std::stoll(it->str()));
    array.column_major =
        header.find("'fortran_order': True") != std::string::npos && array.shape.size() > 1;
    array.bytes.assign(bytes.begin() + static_cast<long>(start), bytes.end());
    return array;
  }

  std::map<std::string, NpyArray> arrays_;
};

}  // namespace attune::models
