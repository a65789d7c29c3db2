#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "align/face.h"

namespace attune::align {

/// How a person looks in one recording: colour histograms of the hair, the face and the clothes
/// below it. Good for telling a few people of one recording apart across cuts; says nothing across
/// recordings, and cannot tell people who are dressed and lit alike.
class Appearance {
 public:
  static constexpr int kZones = 3;
  static constexpr int kLumaBins = 4;
  static constexpr int kChromaBins = 10;
  static constexpr int kBins = kLumaBins * kChromaBins * kChromaBins;

  /// `bgr`: rows of interleaved 8-bit BGR; `box` in its pixels.
  static Appearance of(const std::uint8_t* bgr, int width, int height, int stride, const Box& box);

  /// Gathers more pictures of the same person.
  void add(const Appearance& other);
  /// Number of pictures gathered.
  int pictures() const { return pictures_; }

  /// Affinity in [0, 1] (Bhattacharyya coefficient of the histograms, mean over the zones that both
  /// have); 0 when they share no zone.
  static float affinity(const Appearance& a, const Appearance& b);

  /// Pictures after which a person is known well enough.
  static constexpr int kEnoughPictures = 40;

  /// For cereal.
  template <class Archive>
  void serialize(Archive& archive) {
    archive(sum_, weight_, pictures_);
  }

 private:
  using Histogram = std::array<float, kBins>;

  std::array<Histogram, kZones> sum_{};
  std::array<float, kZones> weight_{};
  int pictures_ = 0;
};

struct IdentityOptions {
  /// Affinity from which two tracks can be one person.
  float minimum_affinity = 0.85f;
  /// By how much the best person must be ahead of the second best.
  float minimum_lead = 0.03f;
  /// So many people are known at once; who has not been in the picture for longest is forgotten.
  std::size_t maximum_people = 1000;
};

/// Gives every track its person, in order of appearance: somebody seen before who looks the same
/// and is not in the picture at the same time, else somebody new. When in doubt, somebody new: a
/// label too many is honest, a wrong one is not.
class IdentityRegister {
 public:
  explicit IdentityRegister(IdentityOptions options = {}) : options_(options) {}

  struct Newcomer {
    TrackId track;
    const Appearance* appearance;
  };
  /// `present`: people in the picture at the same time as the newcomers, who are therefore others.
  /// Returns a person for each newcomer, all different.
  std::vector<SpeakerId> assign(const std::vector<Newcomer>& newcomers,
                                const std::vector<SpeakerId>& present);
  /// More pictures of a known person; those after the first kEnoughPictures change nothing.
  void update(SpeakerId person, const Appearance& appearance);

 private:
  struct Known {
    Appearance appearance;
    /// Calls of assign() before the last in which the person was present or new.
    std::int64_t seen = 0;
  };
  void forget_some();

  IdentityOptions options_;
  std::map<SpeakerId, Known> people_;
  SpeakerId last_person_ = 0;
  std::int64_t calls_ = 0;
};

}  // namespace attune::align
