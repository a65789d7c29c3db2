#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "core/error.h"
#include "core/sha1.h"
#include "core/sha256.h"

namespace attune {
namespace {

namespace fs = std::filesystem;

TEST(Digests, AgreeWithTheStandardsExamples) {
  const fs::path file = fs::temp_directory_path() / ("attune-digest-" + std::to_string(::getpid()));
  std::ofstream(file) << "abc";
  EXPECT_EQ(sha1_file(file), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha256_file(file), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::ofstream(file) << "";
  EXPECT_EQ(sha1_file(file), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  fs::remove(file);
  EXPECT_THROW(sha1_file(file), Error);
}

}  // namespace
}  // namespace attune
