#include "service/monitor_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "service/monitor_view_json.h"

namespace attune::service {
namespace {

using std::chrono::milliseconds;

live::Event hub_event(live::EventKind kind, int number, bool is_final = true) {
  live::Event event;
  event.kind = kind;
  event.is_final = is_final;
  event.json = std::to_string(number);
  return event;
}

live::MonitorView hub_view(int number) {
  live::MonitorView view;
  view.time = std::chrono::seconds(number);
  view.picture = "jpeg " + std::to_string(number);
  return view;
}

std::vector<std::string> all_of(MonitorHub::Subscription& subscription) {
  std::vector<std::string> read;
  while (const auto message = subscription.next({}))
    read.push_back(
        message->event == "view"
            ? "view " + std::to_string(nlohmann::json::parse(message->data).at("time").get<int>())
            : message->event + " " + message->data);
  return read;
}

TEST(MonitorHub, PassesOnInOrder) {
  MonitorHub hub;
  const auto subscription = hub.subscribe();
  EXPECT_FALSE(subscription->next({}));
  hub.take(hub_event(live::EventKind::kSpeaking, 1, false));
  hub.show(hub_view(2));
  hub.take(hub_event(live::EventKind::kCaption, 3));
  EXPECT_THAT(all_of(*subscription), testing::ElementsAre("speaking 1", "view 2", "caption 3"));
}

TEST(MonitorHub, WhoReadsTooSlowlyLosesTheOldestViewsThenTheOldestEvents) {
  MonitorHub hub;
  const auto slow = hub.subscribe();
  const auto fast = hub.subscribe();
  std::size_t seen = 0;
  for (int i = 0; i < 1000; ++i) {
    hub.show(hub_view(i));
    hub.take(hub_event(live::EventKind::kLoad, i));
    seen += all_of(*fast).size();
  }
  EXPECT_EQ(seen, 2000U);
  const std::vector<std::string> late = all_of(*slow);
  ASSERT_LT(late.size(), 400U) << "what waits for one watcher is bounded";
  // The last of each kind, without a gap and in their order.
  int view = 999;
  int event = 999;
  for (auto at = late.rbegin(); at != late.rend(); ++at)
    EXPECT_EQ(*at, at->starts_with("view") ? "view " + std::to_string(view--)
                                           : "load " + std::to_string(event--));
  EXPECT_LT(999 - view, 999 - event) << "views are dropped first";
  EXPECT_GE(999 - event, 100);
}

TEST(MonitorHub, WhoComesLaterIsToldTheLastCaptionsAndSegments) {
  MonitorHub hub;
  for (int i = 0; i < 500; ++i) hub.take(hub_event(live::EventKind::kCaption, i));
  hub.take(hub_event(live::EventKind::kCaption, 500, false));
  hub.take(hub_event(live::EventKind::kSpeaking, 501, false));
  hub.take(hub_event(live::EventKind::kSegment, 502));
  hub.take(hub_event(live::EventKind::kLoad, 503));
  const auto late = hub.subscribe();
  const std::vector<std::string> told = all_of(*late);
  ASSERT_GE(told.size(), 10U);
  EXPECT_LT(told.size(), 100U);
  EXPECT_EQ(told.back(), "segment 502");
  EXPECT_EQ(told[told.size() - 2], "caption 499");
}

TEST(MonitorHub, WantsPicturesWhileSomebodyLooks) {
  MonitorHub hub;
  EXPECT_FALSE(hub.wanted());
  {
    const auto subscription = hub.subscribe();
    EXPECT_TRUE(hub.wanted());
  }
  EXPECT_FALSE(hub.wanted());
  EXPECT_TRUE(hub.picture().empty());
  EXPECT_TRUE(hub.wanted()) << "the one who asked for a picture will ask again";
  hub.show(hub_view(7));
  EXPECT_EQ(hub.picture(), "jpeg 7");
  live::MonitorView blind = hub_view(8);
  blind.picture.clear();
  hub.show(std::move(blind));
  EXPECT_EQ(hub.picture(), "jpeg 7");
}

TEST(MonitorHub, EndsItsWatchers) {
  auto hub = std::make_unique<MonitorHub>();
  const auto subscription = hub->subscribe();
  hub->take(hub_event(live::EventKind::kCaption, 1));
  std::thread ending([&] { hub->close(); });
  ending.join();
  EXPECT_FALSE(subscription->ended()) << "one message is left";
  EXPECT_THAT(all_of(*subscription), testing::ElementsAre("caption 1"));
  EXPECT_TRUE(subscription->ended());
  EXPECT_TRUE(hub->subscribe()->ended());
  hub->take(hub_event(live::EventKind::kCaption, 2));
  EXPECT_FALSE(hub->wanted());
  hub.reset();
  EXPECT_FALSE(subscription->next(milliseconds(1)));
}

TEST(MonitorHub, WakesAWaitingWatcher) {
  MonitorHub hub;
  const auto subscription = hub.subscribe();
  std::thread later([&] { hub.take(hub_event(live::EventKind::kSync, 1)); });
  EXPECT_TRUE(subscription->next(std::chrono::seconds(5)));
  later.join();
  std::thread ending([&] { hub.close(); });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(subscription->next(std::chrono::seconds(5)));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
  ending.join();
}

TEST(MonitorHub, WatchersComeAndGoWhileItIsUsed) {
  MonitorHub hub;
  std::atomic<bool> done = false;
  std::thread feed([&] {
    for (int i = 0; i < 300; ++i) {
      hub.take(hub_event(live::EventKind::kCaption, i));
      if (hub.wanted()) hub.show(hub_view(i));
    }
    done = true;
  });
  std::vector<std::thread> watchers;
  for (int w = 0; w < 3; ++w)
    watchers.emplace_back([&] {
      while (!done) {
        const auto subscription = hub.subscribe();
        int last = -1;
        for (int i = 0; i < 60; ++i) {
          const auto message = subscription->next({});
          if (!message || message->event != "caption") continue;
          EXPECT_GT(std::stoi(message->data), last);
          last = std::stoi(message->data);
        }
        hub.picture();
      }
    });
  feed.join();
  for (std::thread& watcher : watchers) watcher.join();
}

TEST(ViewJson, IsJsonWhateverAFaceIsCalled) {
  live::MonitorView view;
  view.time = milliseconds(1500);
  view.width = 640;
  view.height = 360;
  view.picture = std::string("\x00\xff\x10", 3);
  view.faces = {{.track = 3,
                 .speaker = 1,
                 .name = "A \"b\"\n\xff",
                 .x = 0.25,
                 .width = 0.5,
                 .speaking = 0.75,
                 .mass = 1.0 / 3},
                {.track = 4, .speaker = 2, .name = "B"}};
  view.null_mass = std::numeric_limits<double>::quiet_NaN();
  view.offset = milliseconds(-80);
  const std::string text = view_json(view);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const nlohmann::json read = nlohmann::json::parse(text);
  EXPECT_EQ(read.at("time"), 1.5);
  EXPECT_EQ(read.at("width"), 640);
  EXPECT_EQ(read.at("offset"), -0.08);
  EXPECT_EQ(read.at("null_mass"), 0);
  EXPECT_EQ(read.at("picture"), "AP8Q");
  EXPECT_EQ(read.at("faces").size(), 2U);
  EXPECT_EQ(read.at("faces")[0].at("name"), "A \"b\"\n\xEF\xBF\xBD");
  EXPECT_EQ(read.at("faces")[0].at("x"), 0.25);
  EXPECT_EQ(read.at("faces")[0].at("mass"), 0.3333);
  EXPECT_EQ(read.at("faces")[1].at("track"), 4);
}

TEST(ViewJson, Base64IsThatOfTheStandard) {
  // RFC 4648, 10.
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace attune::service
