#include <dirent.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <deque>
#include <filesystem>
#include <thread>

#include "service/http_server.h"
#include "tests/service/feed_double.h"
#include "tests/service/raw_connection.h"

namespace attune::service {
namespace {

using std::chrono::milliseconds;
using LimitClock = std::chrono::steady_clock;

struct LimitsTest : testing::Test {
  void serve(HttpOptions options = {}) { server = std::make_unique<HttpServer>(feeds, options); }

  bool is_alive() {
    httplib::Client client("127.0.0.1", server->port());
    client.set_read_timeout(2);
    const auto answer = client.Get("/healthz");
    return answer && answer->status == 200;
  }

  FeedDouble feeds;
  std::unique_ptr<HttpServer> server;
};

TEST_F(LimitsTest, ALongBodyIsRefusedAtOnce) {
  serve();
  httplib::Client client("127.0.0.1", server->port());
  const auto start = LimitClock::now();
  const auto answer =
      client.Post("/feeds", std::string(std::size_t{10} << 20, 'x'), "application/json");
  ASSERT_TRUE(answer) << httplib::to_string(answer.error());
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(answer->get_header_value("Connection"), "close");
  EXPECT_NE(answer->body.find("64 KiB"), std::string::npos);
  // Not after the time that a whole request may take.
  EXPECT_LT(LimitClock::now() - start, std::chrono::seconds(5));
  EXPECT_TRUE(is_alive());
}

TEST_F(LimitsTest, ALongBodyOfUnknownLengthIsRefused) {
  serve();
  RawConnection client(server->port());
  client.send(plain_request("POST /feeds",
                            "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"));
  const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
  for (int i = 0; i < 160 && client.send(chunk); ++i) {
  }
  EXPECT_TRUE(client.await("HTTP/1.1 413"));
  EXPECT_TRUE(client.await_end());
}

TEST_F(LimitsTest, ABodyOfTheGreatestLengthIsTaken) {
  serve();
  httplib::Client client("127.0.0.1", server->port());
  std::string body = R"({"name": "a", "source": "rtsp://camera"})";
  body.resize(std::size_t{64} << 10, ' ');
  EXPECT_EQ(client.Post("/feeds", body, "application/json")->status, 201);
  EXPECT_EQ(client.Post("/feeds", body + ' ', "application/json")->status, 413);
}

TEST_F(LimitsTest, IsToldBeforeTheBodyIsSent) {
  serve();
  RawConnection client(server->port());
  client.send(plain_request("POST /feeds",
                            "Content-Type: application/json\r\nContent-Length: 10485760\r\n"
                            "Expect: 100-continue\r\n"));
  EXPECT_TRUE(client.await_end());
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 413")) << client.received();
}

TEST_F(LimitsTest, LengthsThatAreNoneAreRefused) {
  serve();
  for (const char* length : {"-1", "1x", "0x10", "1 2"}) {
    RawConnection client(server->port());
    client.send(plain_request("POST /feeds", std::string("Content-Type: application/json\r\n"
                                                         "Content-Length: ") +
                                                 length + "\r\n"));
    EXPECT_TRUE(client.await("HTTP/1.1 400")) << length;
  }
  RawConnection huge(server->port());
  huge.send(plain_request("POST /feeds",
                          "Content-Type: application/json\r\n"
                          "Content-Length: 99999999999999999999999\r\n"));
  EXPECT_TRUE(huge.await("HTTP/1.1 413"));
}

TEST_F(LimitsTest, AHeaderWithoutEndIsCutOff) {
  serve();
  for (const char* start : {"", "GET /feeds HTTP/1.1\r\nHost: localhost\r\nX: "}) {
    RawConnection client(server->port());
    client.send(start);
    const std::string part(4096, 'a');
    int sent = 0;
    while (sent < 10000 && client.send(part)) ++sent;
    EXPECT_LT(sent, 10000) << "40 MB were taken";
    EXPECT_TRUE(client.await_end());
  }
  RawConnection many(server->port());
  many.send("GET /feeds HTTP/1.1\r\nHost: localhost\r\n");
  for (int i = 0; i < 20000 && many.send("A: b\r\n"); ++i) {
  }
  EXPECT_TRUE(many.await_end());
  EXPECT_EQ(many.received().find(" 200 "), std::string::npos);
  EXPECT_TRUE(is_alive());
}

TEST_F(LimitsTest, ARequestThatTricklesIsCutOff) {
  serve({.request_time = milliseconds(300)});
  RawConnection silent(server->port());
  RawConnection trickling(server->port());
  const auto start = LimitClock::now();
  std::thread trickle([&] {
    const std::string request = plain_request("GET /feeds", "X: " + std::string(1000, 'x'));
    for (const char c : request) {
      if (!trickling.send({&c, 1}) || LimitClock::now() - start > milliseconds(2000)) break;
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  EXPECT_TRUE(silent.await_end(milliseconds(2000)));
  EXPECT_TRUE(silent.received().empty()) << silent.received();
  EXPECT_TRUE(trickling.await_end(milliseconds(2000)));
  EXPECT_LT(LimitClock::now() - start, milliseconds(1900));
  EXPECT_EQ(trickling.received().find(" 200 "), std::string::npos);
  trickle.join();
}

TEST_F(LimitsTest, StalledClientsGiveWayToOthers) {
  serve({.most_connections = 8});
  std::deque<RawConnection> stalled;
  for (int i = 0; i < 40; ++i) {
    stalled.emplace_back(server->port());
    if (i % 2) stalled.back().send("GET /feeds HTTP/1.1\r\n");
  }
  const auto start = LimitClock::now();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(is_alive());
  EXPECT_LT(LimitClock::now() - start, milliseconds(1000));
}

TEST_F(LimitsTest, StopsWhileClientsAreConnected) {
  serve();
  std::deque<RawConnection> clients;
  for (int i = 0; i < 5; ++i) clients.emplace_back(server->port());
  clients.back().send("POST /feeds HTTP/1.1\r\nHost: localhost\r\n");
  ASSERT_TRUE(is_alive());
  const auto start = LimitClock::now();
  server->stop();
  EXPECT_LT(LimitClock::now() - start, milliseconds(1000));
  for (RawConnection& client : clients) EXPECT_TRUE(client.await_end());
}

TEST_F(LimitsTest, LeavesNoDescriptorBehind) {
  const auto open = [] {
    const std::filesystem::directory_iterator entries("/proc/self/fd");
    return std::distance(begin(entries), end(entries));
  };
  const auto before = open();
  serve();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(is_alive());
  server.reset();
  EXPECT_EQ(open(), before);
}

TEST_F(LimitsTest, PartsOfAnAnswerAreNotCutOut) {
  serve();
  RawConnection client(server->port());
  std::string ranges = "Range: bytes=0-1";
  for (int i = 0; i < 500; ++i) ranges += ",0-1";
  client.send(plain_request("GET /feeds", ranges + "\r\n"));
  EXPECT_TRUE(client.await_end());
  EXPECT_TRUE(client.received().starts_with("HTTP/1.1 200")) << client.received();
  EXPECT_NE(client.received().find("{\"feeds\":[]}"), std::string::npos);
}

}  // namespace
}  // namespace attune::service
