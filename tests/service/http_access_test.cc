#include "service/http_access.h"

#include <gtest/gtest.h>
#include <httplib.h>

#include <nlohmann/json.hpp>

#include "service/http_server.h"
#include "tests/service/feed_double.h"
#include "tests/service/raw_connection.h"
#include "tests/thrown_error.h"

namespace attune::service {
namespace {

constexpr const char* kToken = "s3cret-token";

struct AccessTest : testing::Test {
  AccessTest() { feeds.put("studio"); }

  void serve(const std::string& token, const std::string& address = "127.0.0.1:0") {
    server = std::make_unique<HttpServer>(feeds, HttpOptions{.address = address, .token = token});
  }

  httplib::Result get(const std::string& path, const httplib::Headers& headers = {}) {
    return httplib::Client("127.0.0.1", server->port()).Get(path, headers);
  }

  static httplib::Headers bearer(const std::string& token) {
    return {{"Authorization", "Bearer " + token}};
  }

  FeedDouble feeds;
  std::unique_ptr<HttpServer> server;
};

TEST_F(AccessTest, IsOpenOnLoopback) {
  serve("");
  EXPECT_EQ(get("/feeds")->status, 200);
}

TEST_F(AccessTest, OtherAddressesNeedAToken) {
  const std::string message = thrown_error(ErrorKind::kUsage, [&] { serve("", "0.0.0.0:0"); });
  EXPECT_NE(message.find("token"), std::string::npos) << message;
  serve(kToken, "0.0.0.0:0");
  EXPECT_EQ(get("/feeds")->status, 401);
  EXPECT_EQ(get("/feeds", bearer(kToken))->status, 200);
  // Whoever has the token may use whatever name leads here.
  httplib::Headers headers = bearer(kToken);
  headers.emplace("Host", "monitor.example");
  EXPECT_EQ(get("/feeds", headers)->status, 200);
}

TEST_F(AccessTest, SaysWhatIsWrongWithAnAddress) {
  for (const char* address : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:-1",
                              "::1:80", "127.0.0.1:http", ":80", "[::1:80"})
    EXPECT_NE(thrown_error(ErrorKind::kUsage, [&] { serve("", address); }).find("HOST:PORT"),
              std::string::npos)
        << address;
  serve("");
  const std::string taken = "127.0.0.1:" + std::to_string(server->port());
  thrown_error(ErrorKind::kUsage, [&] { HttpServer(feeds, HttpOptions{.address = taken}); });
  EXPECT_EQ(get("/feeds")->status, 200);
}

TEST_F(AccessTest, RefusesTokensThatNoHeaderCarries) {
  thrown_error(ErrorKind::kUsage, [&] { serve("two words"); });
  thrown_error(ErrorKind::kUsage, [&] { serve("50%25"); });
}

TEST_F(AccessTest, AsksForTheToken) {
  serve(kToken);
  const auto none = get("/feeds");
  EXPECT_EQ(none->status, 401);
  EXPECT_EQ(none->get_header_value("WWW-Authenticate"), "Bearer");
  EXPECT_NE(nlohmann::json::parse(none->body).at("error").get<std::string>().find("Authorization"),
            std::string::npos);
  for (const char* wrong : {"s3cret-tokeN", "s3cret-toke", "s3cret-token2", "x"})
    EXPECT_EQ(get("/feeds", bearer(wrong))->status, 401) << wrong;
  EXPECT_EQ(get("/feeds", {{"Authorization", "Basic s3cret-token"}})->status, 401);
  EXPECT_EQ(get("/metrics")->status, 401);
  EXPECT_EQ(get("/feeds/studio/events")->status, 401);
  EXPECT_EQ(get("/nowhere")->status, 401) << "what there is, is not told";
  EXPECT_EQ(get("/feeds", bearer(kToken))->status, 200);
  EXPECT_EQ(get("/healthz")->status, 200);
  EXPECT_EQ(get("/readyz")->status, 200);
}

TEST_F(AccessTest, APageOpenedWithTheTokenGoesOnWithACookie) {
  serve(kToken);
  EXPECT_EQ(get("/?token=wrong")->status, 401);
  EXPECT_EQ(get("/feeds?token=s3cret-token")->status, 401) << "for pages only";
  const auto page = get("/?token=s3cret-token");
  ASSERT_EQ(page->status, 200);
  const std::string set = page->get_header_value("Set-Cookie");
  EXPECT_NE(set.find("HttpOnly"), std::string::npos);
  EXPECT_NE(set.find("SameSite=Strict"), std::string::npos);
  EXPECT_EQ(set.find(kToken), std::string::npos) << "the cookie does not tell the token";
  const httplib::Headers cookie = {{"Cookie", "other=1; " + set.substr(0, set.find(';'))}};
  EXPECT_EQ(get("/feeds", cookie)->status, 200);
  EXPECT_EQ(get("/feeds/studio/monitor", cookie)->status, 200);
  httplib::Client client("127.0.0.1", server->port());
  EXPECT_EQ(client.Delete("/feeds/studio", cookie)->status, 401) << "browsers send it unasked";
  EXPECT_EQ(feeds.feeds().size(), 1U);
  EXPECT_EQ(client.Delete("/feeds/studio", bearer(kToken))->status, 204);
}

TEST_F(AccessTest, AnswersUnderItsOwnNameOnly) {
  serve("");
  for (const char* host : {"localhost", "LocalHost:1234", "127.0.0.1:80", "[::1]", "[::1]:80"})
    EXPECT_EQ(get("/feeds", {{"Host", host}})->status, 200) << host;
  for (const char* host : {"evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.2",
                           "[::2]:80", "localhost:80:evil.example"}) {
    const auto answer = get("/feeds", {{"Host", host}});
    EXPECT_EQ(answer->status, 421) << host;
    EXPECT_TRUE(nlohmann::json::parse(answer->body).contains("error"));
  }
  RawConnection nameless(server->port());
  nameless.send("GET /feeds HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(nameless.await("HTTP/1.1 400"));
}

TEST_F(AccessTest, PagesOfOtherSitesChangeNothing) {
  serve("");
  httplib::Client client("127.0.0.1", server->port());
  const std::string body = R"({"name": "x", "source": "rtsp://camera"})";
  EXPECT_EQ(client.Post("/feeds", body, "text/plain")->status, 415);
  EXPECT_EQ(client.Post("/feeds", body, "application/x-www-form-urlencoded")->status, 415);
  EXPECT_EQ(
      client.Post("/feeds", {{"Sec-Fetch-Site", "cross-site"}}, body, "application/json")->status,
      403);
  EXPECT_EQ(client.Delete("/feeds/studio", {{"Sec-Fetch-Site", "cross-site"}})->status, 403);
  const auto preflight = client.Options("/feeds");
  EXPECT_EQ(preflight->status, 405);
  EXPECT_FALSE(preflight->has_header("Access-Control-Allow-Origin"));
  EXPECT_EQ(feeds.feeds().size(), 1U);
  EXPECT_EQ(get("/feeds")->get_header_value("Cross-Origin-Resource-Policy"), "same-origin");
}

}  // namespace
}  // namespace attune::service
