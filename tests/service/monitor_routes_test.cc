#include "service/monitor_routes.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <thread>

#include "service/http_server.h"
#include "tests/service/feed_double.h"
#include "tests/service/raw_connection.h"

namespace attune::service {
namespace {

using std::chrono::milliseconds;
using MonitorClock = std::chrono::steady_clock;

struct MonitorRoutesTest : testing::Test {
  MonitorRoutesTest() { feeds.put("studio"); }

  void serve(HttpOptions options = {}) { server = std::make_unique<HttpServer>(feeds, options); }

  httplib::Result get(const std::string& path) {
    return httplib::Client("127.0.0.1", server->port()).Get(path);
  }

  static bool watch(RawConnection& client, const std::string& feed = "studio") {
    return client.send(plain_request("GET /feeds/" + feed + "/events")) &&
           client.await("event: status\n");
  }

  static live::Event caption(int number) {
    live::Event event;
    event.kind = live::EventKind::kCaption;
    event.json = nlohmann::json{{"id", number}}.dump();
    return event;
  }

  FeedDouble feeds;
  std::unique_ptr<HttpServer> server;
};

TEST_F(MonitorRoutesTest, WatchersAreToldWhatHappens) {
  serve({.status_interval = milliseconds(100), .heartbeat = milliseconds(80)});
  RawConnection client(server->port());
  ASSERT_TRUE(watch(client));
  EXPECT_NE(client.received().find("Content-Type: text/event-stream"), std::string::npos);
  EXPECT_NE(client.received().find("\r\n\r\nretry: "), std::string::npos);
  const auto hub = feeds.monitor("studio");
  hub->take(caption(7));
  live::MonitorView view;
  view.picture = "foobar";
  hub->show(view);
  EXPECT_TRUE(client.await("event: caption\ndata: {\"id\":7}\n\n"));
  EXPECT_TRUE(client.await("event: view\ndata: {"));
  EXPECT_TRUE(client.await("\"picture\": \"Zm9vYmFy\"}\n\n"));
  client.forget();
  EXPECT_TRUE(client.await("\n\n: alive\n\n"));
  FeedStatus status;
  status.name = "studio";
  status.problem = "The camera is gone.";
  feeds.put(status);
  EXPECT_TRUE(client.await("\"problem\":\"The camera is gone.\""));
}

TEST_F(MonitorRoutesTest, OneThatNeverReadsDelaysNobodyAndLosesItsPlace) {
  serve({.most_watchers = 2, .write_time = milliseconds(300)});
  RawConnection stalled(server->port(), 4096);
  RawConnection reading(server->port());
  ASSERT_TRUE(watch(stalled));
  ASSERT_TRUE(watch(reading));
  EXPECT_EQ(get("/feeds/studio/events")->status, 503) << "both places are taken";
  const auto hub = feeds.monitor("studio");
  live::MonitorView view;
  view.picture = std::string(60'000, 'p');
  const auto start = MonitorClock::now();
  for (int i = 0; i < 100; ++i) {
    hub->show(view);
    hub->take(caption(i));
    ASSERT_TRUE(reading.await("{\"id\":" + std::to_string(i) + "}")) << i;
    reading.forget();
  }
  // Had each event waited for the stalled one, it would have been half a minute.
  EXPECT_LT(MonitorClock::now() - start, std::chrono::seconds(15));
  // By now more was meant for the other than the kernel holds; it is cut off.
  bool has_place = false;
  for (int i = 0; i < 40 && !has_place; ++i) {
    RawConnection another(server->port());
    another.send(plain_request("GET /feeds/studio/events"));
    has_place = another.await("\r\n\r\n") && another.received().starts_with("HTTP/1.1 200");
    hub->show(view);
    if (!has_place) std::this_thread::sleep_for(milliseconds(50));
  }
  EXPECT_TRUE(has_place);
  hub->take(caption(1000));
  EXPECT_TRUE(reading.await("{\"id\":1000}"));
}

TEST_F(MonitorRoutesTest, StopsWhileWatchersAreConnected) {
  serve();
  std::deque<RawConnection> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back(server->port());
    ASSERT_TRUE(watch(clients.back()));
  }
  const auto start = MonitorClock::now();
  server->stop();
  EXPECT_LT(MonitorClock::now() - start, milliseconds(1000));
  for (RawConnection& client : clients) EXPECT_TRUE(client.await_end());
  EXPECT_FALSE(feeds.monitor("studio")->wanted()) << "nobody watches any more";
}

TEST_F(MonitorRoutesTest, WhoWentAwayIsForgotten) {
  serve({.status_interval = milliseconds(30)});
  const auto hub = feeds.monitor("studio");
  {
    RawConnection client(server->port());
    ASSERT_TRUE(watch(client));
    EXPECT_TRUE(hub->wanted());
  }
  const auto start = MonitorClock::now();
  while (hub->wanted() && MonitorClock::now() - start < milliseconds(2000))
    std::this_thread::sleep_for(milliseconds(10));
  EXPECT_FALSE(hub->wanted());
}

TEST_F(MonitorRoutesTest, TheEndOfAFeedIsTold) {
  serve();
  RawConnection client(server->port());
  ASSERT_TRUE(watch(client));
  EXPECT_EQ(httplib::Client("127.0.0.1", server->port()).Delete("/feeds/studio")->status, 204);
  EXPECT_TRUE(client.await_end());
  EXPECT_TRUE(client.received().ends_with("event: end\ndata: {}\n\n"));
}

TEST_F(MonitorRoutesTest, GivesTheLastPicture) {
  serve();
  const auto hub = feeds.monitor("studio");
  std::thread feed([&] {
    // As a feed does: a picture is made when somebody wants one.
    const auto start = MonitorClock::now();
    while (!hub->wanted() && MonitorClock::now() - start < milliseconds(3000))
      std::this_thread::sleep_for(milliseconds(5));
    live::MonitorView view;
    view.picture = std::string("\xff\xd8\0jpeg", 7);
    hub->show(view);
  });
  const auto answer = get("/feeds/studio/picture.jpg");
  feed.join();
  ASSERT_EQ(answer->status, 200);
  EXPECT_EQ(answer->get_header_value("Content-Type"), "image/jpeg");
  EXPECT_EQ(answer->body, std::string("\xff\xd8\0jpeg", 7));
}

TEST_F(MonitorRoutesTest, SaysThatThereIsNoPicture) {
  serve();
  EXPECT_EQ(get("/feeds/studio/picture.jpg")->status, 404);
}

TEST_F(MonitorRoutesTest, TheFirstPageIsTheOnlyFeedsOrAList) {
  serve();
  EXPECT_NE(get("/")->body.find("data-feed=\"studio\""), std::string::npos);
  feeds.put("a&\"<b");
  EXPECT_EQ(get("/")->body.find("data-feed"), std::string::npos);
  EXPECT_NE(get("/")->body.find("id=\"feeds\""), std::string::npos);
  const auto page = get("/feeds/a&%22%3Cb/monitor");
  EXPECT_NE(page->body.find("data-feed=\"a&amp;&quot;&lt;b\""), std::string::npos);
  EXPECT_EQ(page->body.find("{{"), std::string::npos);
}

/// Everything that a page, a script or a style names in quotes as an address or a module.
std::set<std::string> addresses_in(const std::string& text) {
  static const std::regex kAddress(
      R"re((?:href|src|from|import|url)\s*[=(]?\s*["']([^"']+)["'])re");
  std::set<std::string> found;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), kAddress);
       at != std::sregex_iterator(); ++at)
    found.insert((*at)[1]);
  return found;
}

TEST_F(MonitorRoutesTest, PagesNeedNothingFromElsewhere) {
  serve({.token = "t"});
  httplib::Client client("127.0.0.1", server->port());
  const httplib::Headers bearer = {{"Authorization", "Bearer t"}};
  std::set<std::string> waiting{"/", "/feeds/studio/monitor"};
  std::set<std::string> seen;
  while (!waiting.empty()) {
    std::string path = *waiting.begin();
    waiting.erase(waiting.begin());
    if (path.starts_with("./")) path = "/assets" + path.substr(1);
    if (path.starts_with("data:") || !seen.insert(path).second) continue;
    ASSERT_TRUE(path.starts_with("/")) << path;
    const auto answer = client.Get(path, bearer);
    ASSERT_EQ(answer->status, 200) << path;
    EXPECT_EQ(answer->body.find("://"), std::string::npos) << path;
    if (path.starts_with("/assets/")) {
      EXPECT_EQ(client.Get(path)->status, 200) << "before the cookie is there";
    }
    if (answer->get_header_value("Content-Type").starts_with("text/html")) {
      const std::string policy = answer->get_header_value("Content-Security-Policy");
      EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
      EXPECT_EQ(policy.find("unsafe"), std::string::npos);
      EXPECT_EQ(answer->body.find("<style"), std::string::npos);
      EXPECT_EQ(answer->body.find(" style="), std::string::npos);
      EXPECT_FALSE(std::regex_search(answer->body, std::regex(" on[a-z]+=")));
    }
    waiting.merge(addresses_in(answer->body));
  }
  EXPECT_TRUE(seen.contains("/assets/attention.js")) << "modules were followed";
}

}  // namespace
}  // namespace attune::service
