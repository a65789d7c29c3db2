#include "service/control_routes.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <nlohmann/json.hpp>

#include "service/http_server.h"
#include "tests/service/feed_double.h"

namespace attune::service {
namespace {

using nlohmann::json;

struct ControlTest : testing::Test {
  ControlTest() { client.set_read_timeout(5); }

  httplib::Result post(const json& body) {
    return client.Post("/feeds", body.dump(), "application/json");
  }

  static std::string error_of(const httplib::Result& answer) {
    return json::parse(answer->body).at("error");
  }

  FeedDouble feeds;
  HttpServer server{feeds, {}};
  httplib::Client client{"127.0.0.1", server.port()};
};

TEST_F(ControlTest, AddsShowsAndRemovesFeeds) {
  EXPECT_EQ(json::parse(client.Get("/feeds")->body), json::parse(R"({"feeds": []})"));
  const auto added =
      post({{"name", "studio-1"},
            {"source", "rtsp://user:word@camera/1"},
            {"config", "live"},
            {"settings", {{"latency", "3s"}, {"max_faces", 2}, {"captions", true}}}});
  ASSERT_EQ(added->status, 201) << added->body;
  EXPECT_EQ(added->get_header_value("Location"), "/feeds/studio-1");
  EXPECT_EQ(json::parse(added->body).at("state"), "connecting");
  EXPECT_EQ(added->body.find("word"), std::string::npos);
  const FeedRequest request = feeds.last_request();
  EXPECT_EQ(request.source, "rtsp://user:word@camera/1");
  EXPECT_EQ(request.config, "live");
  EXPECT_EQ(request.settings, (std::map<std::string, std::string>{
                                  {"latency", "3s"}, {"max_faces", "2"}, {"captions", "true"}}));
  EXPECT_EQ(json::parse(client.Get("/feeds")->body).at("feeds").at(0).at("name"), "studio-1");
  EXPECT_EQ(json::parse(client.Get("/feeds/studio-1")->body).at("name"), "studio-1");
  const auto removed = client.Delete("/feeds/studio-1");
  EXPECT_EQ(removed->status, 204);
  EXPECT_TRUE(removed->body.empty());
  EXPECT_EQ(client.Get("/feeds/studio-1")->status, 404);
}

TEST_F(ControlTest, WritesTheWholeStatus) {
  FeedStatus status;
  status.name = "a";
  status.state = FeedState::kWaiting;
  status.problem = "gone \"for\" good \xff";
  status.speech.budget = std::chrono::seconds(2);
  status.speech.p99 = std::chrono::milliseconds(1250);
  status.input_bytes = std::int64_t{1} << 40;
  feeds.put(status);
  const json read = json::parse(client.Get("/feeds/a")->body);
  EXPECT_EQ(read.at("state"), "waiting");
  EXPECT_EQ(read.at("problem"), "gone \"for\" good \xEF\xBF\xBD");
  EXPECT_EQ(read.at("latency_budget"), 2.0);
  EXPECT_EQ(read.at("latency_p99"), 1.25);
  EXPECT_TRUE(read.at("latency_median").is_null());
  EXPECT_TRUE(read.at("drift_ppm").is_null());
  EXPECT_EQ(read.at("input_bytes"), std::int64_t{1} << 40);
}

TEST_F(ControlTest, SaysWhatIsWrongWithABody) {
  const struct {
    const char* body;
    const char* said;
  } kCases[] = {
      {"", "body"},
      {"{", "not JSON"},
      {"[]", "not a JSON object"},
      {"{}", "\"name\" is missing"},
      {R"({"name": "a"})", "\"source\" is missing"},
      {R"({"name": 1, "source": "b"})", "\"name\" must be text"},
      {R"({"name": "a", "source": "b", "seting": {}})", "\"settings\" meant"},
      {R"({"name": "a", "source": "b", "settings": []})", "must be an object"},
      {R"({"name": "a", "source": "b", "settings": {"x": [1]}})", "settings.x"},
      {R"({"name": "a", "source": "b\u0000c"})", "control character"},
      {R"({"name": "a\nb", "source": "c"})", "control character"},
      {R"({"name": "a b", "source": "c"})", "blanks"},
      {R"({"name": "a", "source": "c", "config": "weightless"})", "Weights"},
      {R"({"name": "a", "source": "c", "config": "/etc/own.yaml"})", "not a path"},
  };
  for (const auto& [body, said] : kCases) {
    const auto answer = client.Post("/feeds", body, "application/json");
    EXPECT_EQ(answer->status, 400) << body;
    EXPECT_NE(error_of(answer).find(said), std::string::npos) << body << ": " << answer->body;
  }
  EXPECT_TRUE(feeds.feeds().empty());
}

TEST_F(ControlTest, NestingWithoutEndIsRefused) {
  const auto answer = client.Post("/feeds", std::string(60000, '['), "application/json");
  EXPECT_EQ(answer->status, 400);
}

TEST_F(ControlTest, ATakenNameIsAConflict) {
  feeds.put("a");
  const auto answer = post({{"name", "a"}, {"source", "rtsp://camera"}});
  EXPECT_EQ(answer->status, 409);
  EXPECT_NE(error_of(answer).find("already"), std::string::npos);
}

TEST_F(ControlTest, NeverTellsASecret) {
  const auto answer = post({{"name", "a"}, {"source", "bad://user:hidden@camera/?key=hidden"}});
  EXPECT_EQ(answer->status, 400);
  EXPECT_EQ(answer->body.find("hidden"), std::string::npos) << answer->body;
  EXPECT_NE(error_of(answer).find("no feed has such an address"), std::string::npos);
}

TEST_F(ControlTest, KindsOfErrorHaveTheirStatus) {
  EXPECT_EQ(post({{"name", "a"}, {"source", "b"}, {"config", "busy"}})->status, 503);
  const auto defect = post({{"name", "a"}, {"source", "b"}, {"config", "defect"}});
  EXPECT_EQ(defect->status, 500);
  EXPECT_EQ(defect->body.find("inner"), std::string::npos);
}

TEST_F(ControlTest, KnowsItsPathsAndMethods) {
  feeds.put("a");
  for (const char* path :
       {"/feed", "/feeds/", "/feeds/none", "/feeds/a/b", "/feeds/none/events",
        "/feeds/none/monitor", "/feeds/none/picture.jpg", "/feeds/a%2Fevents/x"}) {
    const auto answer = client.Get(path);
    EXPECT_EQ(answer->status, 404) << path;
    EXPECT_FALSE(error_of(answer).empty());
  }
  EXPECT_EQ(client.Delete("/feeds/none")->status, 404);
  const auto put = client.Put("/feeds/a", "{}", "application/json");
  EXPECT_EQ(put->status, 405);
  EXPECT_EQ(put->get_header_value("Allow"), "GET, HEAD, DELETE");
  EXPECT_EQ(client.Post("/feeds/a", "{}", "application/json")->status, 405);
  EXPECT_EQ(client.Delete("/feeds")->status, 405);
  const auto head = client.Head("/feeds");
  EXPECT_EQ(head->status, 200);
  EXPECT_TRUE(head->body.empty());
  EXPECT_EQ(client.Get("/" + std::string(9000, 'x'))->status, 414);
}

TEST_F(ControlTest, SaysWhetherItIsReady) {
  EXPECT_EQ(client.Get("/healthz")->body, "ok\n");
  EXPECT_EQ(client.Get("/readyz")->status, 200);
  FeedStatus failed;
  failed.name = "studio";
  failed.state = FeedState::kFailed;
  failed.problem = "The weights are gone.";
  feeds.put(failed);
  EXPECT_EQ(client.Get("/healthz")->status, 200) << "the process lives";
  const auto answer = client.Get("/readyz");
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(error_of(answer), "Feed studio has failed: The weights are gone.");
  HttpServer closed(feeds, HttpOptions{.token = "t"});
  const auto stranger = httplib::Client("127.0.0.1", closed.port()).Get("/readyz");
  EXPECT_EQ(stranger->status, 503);
  EXPECT_EQ(stranger->body.find("studio"), std::string::npos) << stranger->body;
}

}  // namespace
}  // namespace attune::service
