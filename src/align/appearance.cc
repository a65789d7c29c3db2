#include "align/appearance.h"

#include <algorithm>
#include <cmath>

namespace attune::align {
namespace {

/// Parts of a person relative to the face box: x and y in box widths and heights from its top left.
struct Zone {
  float left, right, top, bottom;
};
constexpr std::array<Zone, Appearance::kZones> kZoneOf = {{
    {-0.10f, 1.10f, -0.35f, 0.20f},  // hair
    {0.15f, 0.85f, 0.25f, 0.95f},    // face
    {-0.35f, 1.35f, 1.25f, 1.80f},   // clothes
}};
/// A zone that lies outside the picture for more than this share says nothing.
constexpr float kVisibleShare = 0.6f;
/// Samples along each side of a zone.
constexpr int kGrid = 24;

/// Adds one to the bins around (luma, blue and red chroma in 0..255), shared linearly between
/// neighbours, so that small changes of light change the histogram little.
void vote(std::array<float, Appearance::kBins>& histogram, float luma, float cb, float cr) {
  const auto split = [](float value, int bins, int& low, float& share) {
    const float position = std::clamp(value / 256 * static_cast<float>(bins) - 0.5f, 0.0f,
                                      static_cast<float>(bins) - 1.001f);
    low = static_cast<int>(position);
    share = position - static_cast<float>(low);
  };
  // Chroma of real pictures stays near the middle: stretch it.
  const auto stretch = [](float chroma) { return 128 + 2.2f * (chroma - 128); };
  int y, b, r;
  float fy, fb, fr;
  split(luma, Appearance::kLumaBins, y, fy);
  split(stretch(cb), Appearance::kChromaBins, b, fb);
  split(stretch(cr), Appearance::kChromaBins, r, fr);
  for (int corner = 0; corner < 8; ++corner) {
    const int dy = corner & 1, db = corner >> 1 & 1, dr = corner >> 2;
    const float weight = (dy ? fy : 1 - fy) * (db ? fb : 1 - fb) * (dr ? fr : 1 - fr);
    histogram[static_cast<std::size_t>(
        ((y + dy) * Appearance::kChromaBins + b + db) * Appearance::kChromaBins + r + dr)] +=
        weight;
  }
}

}  // namespace

Appearance Appearance::of(const std::uint8_t* bgr, int width, int height, int stride,
                          const Box& box) {
  Appearance appearance;
  appearance.pictures_ = 1;
  for (int zone = 0; zone < kZones; ++zone) {
    const auto z = static_cast<std::size_t>(zone);
    int visible = 0;
    for (int row = 0; row < kGrid; ++row) {
      const float v = (static_cast<float>(row) + 0.5f) / kGrid;
      const int y = static_cast<int>(std::floor(
          box.y + box.height * (kZoneOf[z].top + v * (kZoneOf[z].bottom - kZoneOf[z].top))));
      if (y < 0 || y >= height) continue;
      for (int column = 0; column < kGrid; ++column) {
        const float u = (static_cast<float>(column) + 0.5f) / kGrid;
        const int x = static_cast<int>(std::floor(
            box.x + box.width * (kZoneOf[z].left + u * (kZoneOf[z].right - kZoneOf[z].left))));
        if (x < 0 || x >= width) continue;
        const std::uint8_t* pixel = bgr + static_cast<std::ptrdiff_t>(y) * stride + 3 * x;
        const float b = pixel[0], g = pixel[1], r = pixel[2];
        const float luma = 0.299f * r + 0.587f * g + 0.114f * b;
        vote(appearance.sum_[z], luma, 128 + 0.564f * (b - luma), 128 + 0.713f * (r - luma));
        ++visible;
      }
    }
    if (static_cast<float>(visible) < kVisibleShare * kGrid * kGrid) {
      appearance.sum_[z].fill(0);
      continue;
    }
    for (float& bin : appearance.sum_[z]) bin /= static_cast<float>(visible);
    appearance.weight_[z] = 1;
  }
  return appearance;
}

void Appearance::add(const Appearance& other) {
  for (std::size_t z = 0; z < kZones; ++z) {
    for (std::size_t i = 0; i < kBins; ++i) sum_[z][i] += other.sum_[z][i];
    weight_[z] += other.weight_[z];
  }
  pictures_ += other.pictures_;
}

float Appearance::affinity(const Appearance& a, const Appearance& b) {
  float sum = 0;
  int zones = 0;
  for (std::size_t z = 0; z < kZones; ++z) {
    if (a.weight_[z] == 0 || b.weight_[z] == 0) continue;
    float common = 0;
    for (std::size_t i = 0; i < kBins; ++i) common += std::sqrt(a.sum_[z][i] * b.sum_[z][i]);
    sum += common / std::sqrt(a.weight_[z] * b.weight_[z]);
    ++zones;
  }
  return zones == 0 ? 0 : sum / static_cast<float>(zones);
}

std::vector<SpeakerId> IdentityRegister::assign(const std::vector<Newcomer>& newcomers,
                                                const std::vector<SpeakerId>& present) {
  struct Pair {
    float affinity;
    std::size_t newcomer;
    SpeakerId person;
  };
  ++calls_;
  for (const SpeakerId person : present)
    if (const auto known = people_.find(person); known != people_.end()) known->second.seen = calls_;
  std::vector<Pair> pairs;
  for (std::size_t n = 0; n < newcomers.size(); ++n) {
    if (newcomers[n].appearance == nullptr) continue;
    std::vector<Pair> candidates;
    for (const auto& [person, known] : people_) {
      if (known.appearance.pictures() == 0) continue;
      candidates.push_back(
          {Appearance::affinity(*newcomers[n].appearance, known.appearance), n, person});
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Pair& a, const Pair& b) { return a.affinity > b.affinity; });
    if (candidates.empty() || candidates[0].affinity < options_.minimum_affinity) continue;
    if (candidates.size() > 1 &&
        candidates[0].affinity - candidates[1].affinity < options_.minimum_lead)
      continue;
    pairs.push_back(candidates[0]);
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.affinity > b.affinity; });

  std::vector<SpeakerId> assigned(newcomers.size(), 0);
  std::vector<SpeakerId> taken = present;
  for (const Pair& pair : pairs) {
    if (std::find(taken.begin(), taken.end(), pair.person) != taken.end()) continue;
    assigned[pair.newcomer] = pair.person;
    people_.at(pair.person).seen = calls_;
    taken.push_back(pair.person);
  }
  for (SpeakerId& person : assigned) {
    if (person != 0) continue;
    person = ++last_person_;
    people_[person].seen = calls_;
  }
  forget_some();
  return assigned;
}

void IdentityRegister::update(SpeakerId person, const Appearance& appearance) {
  const auto found = people_.find(person);
  if (found == people_.end()) return;
  Appearance& known = found->second.appearance;
  if (known.pictures() < Appearance::kEnoughPictures) known.add(appearance);
}

void IdentityRegister::forget_some() {
  while (people_.size() > options_.maximum_people) {
    people_.erase(std::ranges::min_element(
        people_, {}, [](const auto& entry) { return entry.second.seen; }));
  }
}

}  // namespace attune::align
