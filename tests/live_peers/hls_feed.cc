// Plays a recording into an HLS folder at its own speed, over and over as one feed, with a caption
// for each second that comes 1.5 s after its end. For hls_browser.mjs, which reads the second off
// the picture and compares.
//
//   hls_feed RECORDING FOLDER [SECONDS] [BREAK]
//
// BREAK: at this second of the feed the source is lost for five seconds (a discontinuity).

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "core/time.h"
#include "live/hls_output.h"
#include "media/demuxer.h"

namespace {

using namespace std::chrono_literals;
using attune::Duration;
using attune::Timestamp;

constexpr Duration kOutage = 5s;
constexpr Duration kLag = 1500ms;

attune::captions::Caption second_caption(Timestamp start, std::int64_t second) {
  attune::captions::Caption caption;
  caption.span = {start, start + 900ms};
  caption.speaker = 1;
  caption.speaker_name = "Clock";
  caption.lines = {fmt::format("second {}", second)};
  return caption;
}

/// The feed: the recording's times, from zero, moved by the outage.
class Feed {
 public:
  Feed(std::string recording, attune::live::HlsOptions options, Duration length,
       std::optional<Duration> lost_at)
      : recording_(std::move(recording)), output_(options), length_(length), lost_at_(lost_at) {}

  void run() {
    attune::media::Demuxer demuxer(recording_);
    const attune::media::MediaInfo& info = demuxer.info();
    const auto audio = std::make_shared<const attune::media::StreamInfo>(*info.audio());
    const auto video = std::make_shared<const attune::media::StreamInfo>(*info.video());
    while (auto packet = demuxer.read()) {
      const Timestamp at = packet->span.start - info.start_time;
      if (at >= length_) break;
      const bool is_video = packet->kind == attune::media::StreamKind::kVideo;
      if (lost_at_ && is_video && at >= *lost_at_) lose();
      packet->span.start += shift_ - info.start_time;
      packet->span.end += shift_ - info.start_time;
      wait_for(packet->span.start);
      output_.take(*packet, is_video ? video : audio);
      if (is_video) caption(at);
    }
    output_.finish();
  }

 private:
  void lose() {
    lost_at_.reset();
    shift_ = kOutage;
    wait_for(now_ + kOutage);
    output_.discontinuity(now_ + kOutage - 100ms);
  }

  void wait_for(Timestamp time) {
    if (time <= now_) return;
    now_ = time;
    std::this_thread::sleep_until(
        start_ + std::chrono::duration_cast<std::chrono::steady_clock::duration>(time));
  }

  /// Those whose second lies `kLag` back.
  void caption(Timestamp at) {
    while ((next_ + 1) * Duration(1s) <= at) {
      waiting_.push_back(second_caption(next_ * Duration(1s) + shift_, next_));
      ++next_;
    }
    while (!waiting_.empty() && waiting_.front().span.end + kLag <= now_) {
      output_.take(waiting_.front());
      waiting_.pop_front();
    }
  }

  std::string recording_;
  attune::live::HlsOutput output_;
  Duration length_;
  std::optional<Duration> lost_at_;
  Duration shift_{};
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  Timestamp now_{};
  std::int64_t next_ = 0;
  std::deque<attune::captions::Caption> waiting_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: hls_feed RECORDING FOLDER [SECONDS] [BREAK]\n", stderr);
    return 2;
  }
  try {
    attune::live::HlsOptions options;
    options.folder = argv[2];
    options.language = "en";
    options.caption_delay = 3s;
    options.wall_start = std::chrono::system_clock::now();
    const Duration length = attune::from_seconds(argc > 3 ? std::atof(argv[3]) : 60);
    std::optional<Duration> lost_at;
    if (argc > 4) lost_at = attune::from_seconds(std::atof(argv[4]));
    Feed(argv[1], options, length, lost_at).run();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "hls_feed: %s\n", error.what());
    return 1;
  }
}
