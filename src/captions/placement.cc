#include "captions/placement.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "captions/unicode.h"

namespace attune::captions {
namespace {

/// The picture is searched in squares of this share of its height.
constexpr double kCell = 1.0 / 90;

/// In squares; half open.
struct Area {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
};

/// How many squares of any area a face touches, by sums from the upper left corner.
class FaceMap {
 public:
  FaceMap(int columns, int rows)
      : columns_(columns),
        rows_(rows),
        sums_(static_cast<std::size_t>(columns + 1) * static_cast<std::size_t>(rows + 1)) {}

  void mark(const Area& area) {
    for (int y = std::max(0, area.top); y < std::min(rows_, area.bottom); ++y)
      for (int x = std::max(0, area.left); x < std::min(columns_, area.right); ++x)
        sum(x + 1, y + 1) = 1;
  }
  void add_up() {
    for (int y = 1; y <= rows_; ++y)
      for (int x = 1; x <= columns_; ++x)
        sum(x, y) += sum(x - 1, y) + sum(x, y - 1) - sum(x - 1, y - 1);
  }
  bool is_free(const Area& area) const {
    return sum(area.right, area.bottom) - sum(area.left, area.bottom) - sum(area.right, area.top) +
               sum(area.left, area.top) ==
           0;
  }

 private:
  int sum(int x, int y) const { return sums_[index(x, y)]; }
  int& sum(int x, int y) { return sums_[index(x, y)]; }
  std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(columns_ + 1) +
           static_cast<std::size_t>(x);
  }

  int columns_;
  int rows_;
  std::vector<int> sums_;
};

/// Mean box of the speaker over the ticks of a cue at which they are seen.
struct SeenSpeaker {
  align::Box box;
  int ticks = 0;

  void add(const align::Box& other) {
    const auto share = 1 / static_cast<float>(++ticks);
    box.x += (other.x - box.x) * share;
    box.y += (other.y - box.y) * share;
    box.width += (other.width - box.width) * share;
    box.height += (other.height - box.height) * share;
  }
};

class Placer {
 public:
  Placer(std::span<const align::TrackSlice> faces, PictureShape picture,
         const PlacementOptions& options)
      : options_(options),
        cell_(kCell * picture.height),
        columns_(static_cast<int>(picture.width / cell_)),
        rows_(static_cast<int>(picture.height / cell_)) {
    for (const align::TrackSlice& slice : faces) faces_.push_back(&slice);
    std::ranges::sort(faces_, {}, [](const align::TrackSlice* slice) { return slice->first; });
    for (const align::TrackSlice* slice : faces_) longest_ = std::max(longest_, slice->length());
  }

  std::optional<Placement> place(const Caption& caption) const {
    if (caption.speaker == 0 || !caption.line_voices.empty() || caption.lines.empty()) return {};
    FaceMap map(columns_, rows_);
    SeenSpeaker speaker;
    look(caption, map, speaker);
    const TimeSpan& span = caption.span;
    const auto ticks = static_cast<double>(token_ceil(span.end) - token_floor(span.start));
    if (speaker.ticks == 0 || speaker.ticks < options_.least_seen * ticks) return {};
    return nearest_place(caption, map, speaker.box);
  }

 private:
  Area cells(const align::Box& box) const {
    return {static_cast<int>(std::floor(box.x / cell_)),
            static_cast<int>(std::floor(box.y / cell_)),
            static_cast<int>(std::ceil((box.x + box.width) / cell_)),
            static_cast<int>(std::ceil((box.y + box.height) / cell_))};
  }

  void look(const Caption& caption, FaceMap& map, SeenSpeaker& speaker) const {
    const TokenIndex first = token_floor(caption.span.start);
    const TokenIndex end = token_ceil(caption.span.end);
    const auto begin = std::ranges::lower_bound(
        faces_, first - longest_, {}, [](const align::TrackSlice* slice) { return slice->first; });
    for (auto at = begin; at != faces_.end() && (*at)->first < end; ++at) {
      const align::TrackSlice& slice = **at;
      const TokenIndex last = std::min<TokenIndex>(end, slice.first + slice.length());
      for (TokenIndex tick = std::max(first, slice.first); tick < last; ++tick) {
        const align::Box& box = slice.boxes[static_cast<std::size_t>(tick - slice.first)];
        map.mark(cells(box));
        if (slice.speaker == caption.speaker) speaker.add(box);
      }
    }
    map.add_up();
  }

  /// Size of the text, in squares.
  std::pair<int, int> text_size(const Caption& caption) const {
    int longest = 0;
    for (const std::string& line : caption.lines) longest = std::max(longest, columns(line));
    const double lines = static_cast<double>(caption.lines.size());
    return {static_cast<int>(std::ceil(longest * options_.text.letter / kCell)),
            static_cast<int>(std::ceil(lines * options_.text.line / kCell))};
  }

  std::optional<Placement> nearest_place(const Caption& caption, const FaceMap& map,
                                         const align::Box& face) const {
    const auto [width, height] = text_size(caption);
    const int left = static_cast<int>(std::ceil(options_.margin * columns_));
    const int top = static_cast<int>(std::ceil(options_.margin * rows_));
    double least = std::numeric_limits<double>::infinity();
    std::optional<Area> best;
    for (int y = top; y + height <= rows_ - top; ++y) {
      for (int x = left; x + width <= columns_ - left; ++x) {
        const Area area{x, y, x + width, y + height};
        const double price = cost(area, face);
        if (price >= least || !map.is_free(area)) continue;
        least = price;
        best = area;
      }
    }
    if (!best) return std::nullopt;
    const double line = options_.text.line * rows_;
    return Placement{(best->left + best->right) / 2.0 / columns_,
                     (best->bottom - line / 2) / rows_};
  }

  /// What a place costs its readers, in squares: its gap to the face, half the way that it is off
  /// the face's middle, and more where it is not below.
  double cost(const Area& area, const align::Box& box) const {
    const double left = box.x / cell_;
    const double right = (box.x + box.width) / cell_;
    const double top = box.y / cell_;
    const double bottom = (box.y + box.height) / cell_;
    const double gap_x = std::max({0.0, area.left - right, left - area.right});
    const double gap_y = std::max({0.0, area.top - bottom, top - area.bottom});
    const double off_x = std::abs((area.left + area.right) / 2.0 - (left + right) / 2);
    const double off_y = std::abs((area.top + area.bottom) / 2.0 - (top + bottom) / 2);
    // Below is where captions are looked for; over a head they are taken for somebody else's.
    constexpr double kBesideCost = 10;
    constexpr double kAboveCost = 25;
    if (area.top >= bottom) return std::hypot(gap_x, gap_y) + off_x / 2;
    if (area.bottom <= top) return std::hypot(gap_x, gap_y) + off_x / 2 + kAboveCost;
    return gap_x + off_y / 2 + kBesideCost;
  }

  PlacementOptions options_;
  double cell_;
  int columns_;
  int rows_;
  /// In order of their first tick.
  std::vector<const align::TrackSlice*> faces_;
  int longest_ = 0;
};

}  // namespace

void place_near_speakers(std::vector<Caption>& captions, std::span<const align::TrackSlice> faces,
                         PictureShape picture, const PlacementOptions& options) {
  if (picture.width <= 0 || picture.height <= 0) return;
  const Placer placer(faces, picture, options);
  for (Caption& caption : captions) caption.placement = placer.place(caption);
}

}  // namespace attune::captions
