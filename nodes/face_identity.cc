#include "nodes/face_identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>

#include "align/appearance.h"
#include "live/feed_place.h"
#include "nodes/payloads.h"

namespace attune::nodes {
namespace {

using pipeline::Packet;

class FaceIdentityNode : public pipeline::Node {
 public:
  explicit FaceIdentityNode(const pipeline::Parameters& parameters)
      : options_{.minimum_affinity = static_cast<float>(parameters.get<double>("minimum_affinity")),
                 .minimum_lead = static_cast<float>(parameters.get<double>("minimum_lead"))} {}

  void open(pipeline::RunContext& context) override {
    const auto make = [&] { return std::make_shared<align::IdentityRegister>(options_); };
    const auto* place = context.facts.find<live::FeedPlace>();
    // People keep their numbers, and so their names, when a live feed's graph is built anew.
    people_ =
        place == nullptr
            ? make()
            : place->keep<align::IdentityRegister>(
                  "people", fmt::format("{} {}", options_.minimum_affinity, options_.minimum_lead),
                  make);
  }

  void process(std::size_t, const Packet& packet, pipeline::Emitter& out) override {
    if (!packet.is_data()) {
      const Timestamp t = packet.span().start;
      out.emit(
          Packet::watermark(windows_.empty() ? t : std::min(t, windows_.front().span().start)));
      return;
    }
    windows_.push_back(packet.get<align::FaceTrackChunk>());
    look(windows_.back());
    // A track may begin with the last tick of a window: the next window shows what it looks like.
    while (windows_.size() > 1) emit_front(out);
  }

  void flush(pipeline::Emitter& out) override {
    while (!windows_.empty()) emit_front(out);
  }

  void restart(Timestamp) override { tracks_.clear(); }

 private:
  struct Known {
    align::SpeakerId person = 0;
    align::Appearance seen;
    TokenIndex last = 0;
  };

  void look(align::FaceTrackChunk& window) {
    for (align::TrackSlice& slice : window.tracks) {
      Known& known = tracks_[slice.track];
      known.last = slice.first + slice.length() - 1;
      for (const align::TrackLook& look : slice.looks) {
        if (known.person == 0) {
          known.seen.add(look.appearance);
        } else {
          people_->update(known.person, look.appearance);
        }
      }
      slice.looks.clear();
    }
  }

  void emit_front(pipeline::Emitter& out) {
    align::FaceTrackChunk chunk = std::move(windows_.front());
    windows_.pop_front();
    std::vector<align::IdentityRegister::Newcomer> newcomers;
    std::vector<align::SpeakerId> present;
    for (const align::TrackSlice& slice : chunk.tracks) {
      const Known& known = tracks_[slice.track];
      if (known.person != 0) {
        // Somebody whose track ended at a cut may come back in the same window.
        if (!slice.ends) present.push_back(known.person);
      } else {
        newcomers.push_back({slice.track, known.seen.pictures() > 0 ? &known.seen : nullptr});
      }
    }
    const auto assigned = people_->assign(newcomers, present);
    for (std::size_t i = 0; i < newcomers.size(); ++i) {
      Known& known = tracks_[newcomers[i].track];
      known.person = assigned[i];
      if (known.seen.pictures() > 0) people_->update(known.person, known.seen);
    }
    for (align::TrackSlice& slice : chunk.tracks) slice.speaker = tracks_[slice.track].person;
    std::erase_if(tracks_, [&](const auto& entry) {
      return entry.second.person != 0 && entry.second.last + kForgetTicks < chunk.first;
    });
    const Timestamp end = chunk.span().end;
    out.emit(Packet::data(chunk.span(), std::move(chunk)));
    out.emit(Packet::watermark(end));
  }

  /// Longer than a window.
  static constexpr TokenIndex kForgetTicks = 250;

  align::IdentityOptions options_;
  std::shared_ptr<align::IdentityRegister> people_;
  std::map<align::TrackId, Known> tracks_;
  std::deque<align::FaceTrackChunk> windows_;
};

}  // namespace

pipeline::NodeType face_identity_type() {
  const align::IdentityOptions defaults;
  return {
      .name = "face_identity",
      .summary = "Joins the tracks of one person across cuts",
      .doc =
          "Compares the colours of hair, face and clothes with those of the people seen before. "
          "Two\n"
          "tracks in the picture at the same time are two people. When in doubt, somebody new.\n"
          "Latency: one window of tracks. Memory: that window and 5 KB for each person.",
      .inputs = {pipeline::port<align::FaceTrackChunk>("looks", "tracks, from face_looks")},
      .outputs = {pipeline::port<align::FaceTrackChunk>("people", "tracks with their people")},
      .parameters = {{.name = "minimum_affinity",
                      .default_value = static_cast<double>(defaults.minimum_affinity),
                      .doc = "how alike two tracks must look to be one person",
                      .minimum = 0,
                      .maximum = 1},
                     {.name = "minimum_lead",
                      .default_value = static_cast<double>(defaults.minimum_lead),
                      .doc = "by how much the best match must be ahead of the second best",
                      .minimum = 0,
                      .maximum = 1}},
      .concurrency = pipeline::Concurrency::kSerial,
      .latency =
          [](const pipeline::Parameters&) {
            // A window of tracks as long as the tracker's default for live pipelines.
            return 5 * kTokenPeriod;
          },
      .example = "people: {type: face_identity, in: looks}",
      .make = [](const pipeline::Parameters& p) { return std::make_unique<FaceIdentityNode>(p); },
  };
}

}  // namespace attune::nodes
