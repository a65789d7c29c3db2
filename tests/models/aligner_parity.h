#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "models/align_model.h"
#include "models/weights.h"

namespace attune::models {

/// The weights that ship with attune.
inline std::shared_ptr<const AlignModel> shipped_model() {
  static const auto model =
      AlignModel::open(std::string(ATTUNE_SOURCE_DIR) + "/models/attune-align.safetensors");
  return model;
}

/// What the training program (training/align/export.py) computes with those weights.
class Parity {
 public:
  static const Parity& arrays() {
    static const Parity parity;
    return parity;
  }

  tensor::Tensor operator[](const std::string& name) const { return file_.tensor(name); }
  std::vector<float> values(const std::string& name) const {
    const tensor::Tensor tensor = file_.tensor(name);
    return {tensor.values().begin(), tensor.values().end()};
  }
  std::vector<std::uint8_t> bytes(const std::string& name) const {
    const tensor::Tensor tensor = file_.tensor(name);
    return {tensor.values().begin(), tensor.values().end()};
  }
  TokenIndex tick(const std::string& name) const {
    return static_cast<TokenIndex>(file_.tensor(name).values()[0]);
  }

 private:
  Parity()
      : file_(WeightFile::open(std::string(ATTUNE_SOURCE_DIR) +
                               "/tests/data/align_parity.safetensors")) {}

  WeightFile file_;
};

inline void expect_near(std::span<const float> actual, std::span<const float> expected,
                        double tolerance, const char* what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (std::size_t i = 0; i < actual.size(); ++i)
    ASSERT_NEAR(actual[i], expected[i], tolerance) << what << " at " << i;
}

}  // namespace attune::models
