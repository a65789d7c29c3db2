#include "hls_programme.h"

namespace attune::live {
namespace {

using namespace std::chrono_literals;

constexpr double kCounterRange = 8589934592.0;  // 2^33

/// Cues of a segment whose picture begins at `feed_start` must be as far from its first picture on
/// the transport stream's counter as they are on the feed's clock.
void expect_cues_on_time(const HlsProgramme& programme, const std::string& stem, double feed_start,
                         const SeenCues& seen) {
  const auto transport = read_transport(media::read_file(programme.path(stem + ".ts")));
  const auto picture = static_cast<double>(transport.first.at(0xE0));
  for (const auto& cue : seen.cues) {
    double apart = seen.counter_at(cue.start) - picture;
    apart -= std::round(apart / kCounterRange) * kCounterRange;
    EXPECT_NEAR(apart / 90'000, cue.start - feed_start, 1e-4) << stem;
  }
}

TEST(HlsCaptionSegments, HoldTheirCuesAtTheTimesOfThePicture) {
  HlsProgramme programme;
  programme.options.keep_all = true;
  programme.options.caption_delay = 5s;
  HlsOutput output(programme.options);
  // Each caption 1.5 s after its end.
  std::vector<captions::Caption> coming = {hls_caption(20.5, 21.2, "one"),
                                           hls_caption(21.5, 24.5, "long & <wide>", "Bob")};
  for (const HlsPacket& packet : hls_packets(hls_source(), 20s)) {
    while (!coming.empty() && coming.front().span.end + 1500ms <= packet.packet.span.start) {
      output.take(coming.front());
      coming.erase(coming.begin());
    }
    output.take(packet.packet, packet.stream);
  }
  output.finish();
  EXPECT_EQ(output.status().captions, 2);

  std::map<std::string, std::vector<std::string>> by_cue;
  double start = 20;
  for (const auto& entry : programme.media_list().entries) {
    const std::string stem = entry.uri.substr(0, entry.uri.size() - 3);
    const SeenCues seen = read_cues(programme.path(stem + ".vtt"));
    expect_cues_on_time(programme, stem, start, seen);
    for (const auto& cue : seen.cues)
      by_cue[cue.identifier + ' ' + cue.text].push_back(stem.substr(stem.size() - 1));
    start += entry.seconds;
  }
  const std::map<std::string, std::vector<std::string>> expected = {
      {"1 <v Anna>one</v>\n", {"0"}}, {"2 <v Bob>long &amp; &lt;wide&gt;</v>\n", {"0", "1", "2"}}};
  EXPECT_EQ(by_cue, expected);
  EXPECT_EQ(output.status().late_captions, 0);
}

TEST(HlsCaptionSegments, AreHeldBackForTheCaptionDelay) {
  HlsProgramme programme;
  programme.options.caption_delay = 2500ms;
  HlsOutput output(programme.options);
  std::vector<double> at;
  std::size_t listed = 0;
  for (const HlsPacket& packet : hls_packets(hls_source())) {
    output.take(packet.packet, packet.stream);
    if (!std::filesystem::exists(programme.path("media.m3u8"))) continue;
    const std::size_t now = programme.media_list().entries.size();
    if (now > listed) at.push_back(to_seconds(packet.packet.span.start));
    listed = now;
  }
  // Nothing but the clock, as while a source is gone.
  output.advance(14400ms);
  EXPECT_EQ(programme.media_list().entries.size(), 4u + 1);
  ASSERT_EQ(at.size(), 4u);
  for (std::size_t i = 0; i < at.size(); ++i)
    EXPECT_NEAR(at[i], 2.0 * static_cast<double>(i + 1) + 2.5, 0.13);
}

TEST(HlsCaptionSegments, LateCaptionsComeInTheNextSegmentAndAreCounted) {
  HlsProgramme programme;
  programme.options.keep_all = true;
  programme.options.caption_delay = 0s;
  HlsOutput output(programme.options);
  bool is_given = false;
  for (const HlsPacket& packet : hls_packets(hls_source())) {
    output.take(packet.packet, packet.stream);
    if (!is_given && packet.packet.span.start > 5s) {
      output.take(hls_caption(0.5, 1.5, "late"));
      is_given = true;
    }
  }
  output.finish();
  EXPECT_EQ(output.status().late_captions, 1);
  const SeenPlaylist list = programme.media_list();
  std::vector<std::size_t> cues;
  for (const auto& entry : list.entries) {
    std::string file = entry.uri;
    file.replace(file.size() - 3, 3, ".vtt");
    const SeenCues seen = read_cues(programme.path(file));
    cues.push_back(seen.cues.size());
    for (const auto& cue : seen.cues) EXPECT_DOUBLE_EQ(cue.start, 0.5);
  }
  EXPECT_EQ(cues, (std::vector<std::size_t>{0, 0, 1, 0, 0, 0}));
}

TEST(HlsCaptionSegments, StayOnTimeWhereTheCounterWraps) {
  HlsProgramme programme;
  programme.options.keep_all = true;
  HlsOutput output(programme.options);
  // The counter holds 95443.7 s, of which ten lie before the feed's start.
  const Duration start = 95428s;
  for (const double at : {0.5, 5.4, 8.5})
    output.take(hls_caption(to_seconds(start) + at, to_seconds(start) + at + 0.7, "cue"));
  for (const HlsPacket& packet : hls_packets(hls_source(), start))
    output.take(packet.packet, packet.stream);
  output.finish();
  double feed_start = to_seconds(start);
  bool has_wrapped = false;
  std::size_t cues = 0;
  std::int64_t before = 0;
  for (const auto& entry : programme.media_list().entries) {
    const std::string stem = entry.uri.substr(0, entry.uri.size() - 3);
    const SeenCues seen = read_cues(programme.path(stem + ".vtt"));
    EXPECT_LT(static_cast<double>(seen.counter), kCounterRange);
    expect_cues_on_time(programme, stem, feed_start, seen);
    cues += seen.cues.size();
    const std::int64_t counter =
        read_transport(media::read_file(programme.path(entry.uri))).first.at(0xE0);
    has_wrapped = has_wrapped || counter < before;
    before = counter;
    feed_start += entry.seconds;
  }
  EXPECT_TRUE(has_wrapped);
  // The second one lies across the cut at 6 s.
  EXPECT_EQ(cues, 4u);
}

TEST(HlsCaptionSegments, MapTheSameTimesInEverySegment) {
  const auto offset = [](Timestamp start) {
    const std::string text = webvtt_segment_header(start);
    const std::size_t colon = text.find("MPEGTS:") + 7;
    const double counter = std::stod(text.substr(colon));
    return counter - seen_time(text.substr(text.find("LOCAL:") + 6)) * 90'000;
  };
  // Up to the wrap after 26.5 hours, and after it, but for the counter's range.
  EXPECT_DOUBLE_EQ(offset(0s), 900'000);
  EXPECT_DOUBLE_EQ(offset(2h + 7ms), 900'000);
  EXPECT_DOUBLE_EQ(offset(26h), 900'000);
  EXPECT_DOUBLE_EQ(offset(27h), 900'000 - kCounterRange);
  EXPECT_DOUBLE_EQ(offset(10000h), 900'000 - 377 * kCounterRange);
}

TEST(HlsCaptionSegments, AreBoundedInMemory) {
  HlsCaptions captions;
  for (int i = 0; i < 5000; ++i) captions.add(hls_caption(i, i + 1, "x"));
  EXPECT_EQ(captions.dropped(), 904);
  const std::string text = captions.write_segment({0s, 5000s});
  EXPECT_EQ(text.find("\n904\n"), std::string::npos);
  EXPECT_NE(text.find("\n905\n"), std::string::npos);
}

}  // namespace
}  // namespace attune::live
