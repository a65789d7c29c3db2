#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "captions/result.h"

namespace attune::bench {

/// Words that occur as those of a language do: the one of rank r in proportion to 1 / (r + 2)
/// (Zipf, Mandelbrot). The words are made of syllables, the commonest shortest.
class Vocabulary {
 public:
  explicit Vocabulary(int size);

  const std::string& word(int rank) const { return words_[static_cast<std::size_t>(rank)]; }
  int size() const { return static_cast<int>(words_.size()); }
  int draw(std::mt19937_64& random) const;

 private:
  std::vector<std::string> words_;
  std::vector<double> cumulative_;
};

/// What stands for an archive: results of recordings with a thousand cues each, four speakers and
/// some off screen, words with times, segments, shots and now and then sound out of sync. One in
/// twenty is of Chinese characters. The same seed gives the same.
class Corpus {
 public:
  Corpus(int files, std::uint64_t seed) : files_(files), seed_(seed), vocabulary_(100'000) {}

  static constexpr int kCuesPerFile = 1000;

  const Vocabulary& vocabulary() const { return vocabulary_; }
  captions::Result recording(int file) const;
  bool is_chinese(int file) const { return file % 20 == 19; }
  /// One JSON result for each recording, a hundred in each folder; those that are there are left.
  void write(const std::filesystem::path& folder) const;

 private:
  int files_;
  std::uint64_t seed_;
  Vocabulary vocabulary_;
};

}  // namespace attune::bench
