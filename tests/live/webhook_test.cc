#include "live/webhook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <set>

#include "kept_log.h"
#include "sink_events.h"
#include "tests/thrown_error.h"
#include "webhook_peers.h"

namespace attune::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

WebhookOptions quick(const std::string& url) {
  // Whatever proxy the machine has, loopback is not behind it.
  ::setenv("no_proxy", "127.0.0.1", 1);
  WebhookOptions options;
  options.url = url;
  options.first_delay = milliseconds(2);
  options.longest_delay = milliseconds(20);
  options.answer_timeout = seconds(5);
  return options;
}

bool delivers(const Webhook& hook, std::int64_t events) {
  return comes_true([&] { return hook.counts().delivered >= events; });
}

TEST(Webhook, PostsEventsInOrderWithTheirNumbers) {
  const Receiver receiver;
  WebhookOptions options = quick(receiver.url("/in?key=1"));
  options.bearer_token = "s3cret";
  Webhook hook(options);
  for (int i = 1; i <= 5; ++i) {
    hook.take(numbered_event(i));
    ASSERT_TRUE(delivers(hook, i));
  }
  const auto posted = receiver.posted();
  ASSERT_EQ(posted.size(), 5u);
  std::set<std::string> keys;
  for (std::size_t i = 0; i < posted.size(); ++i) {
    EXPECT_EQ(posted[i].path, "/in");
    EXPECT_EQ(posted[i].body, numbered_event(static_cast<std::int64_t>(i) + 1).json + "\n");
    EXPECT_EQ(posted[i].header("Content-Type"), "application/x-ndjson");
    EXPECT_EQ(posted[i].header("Authorization"), "Bearer s3cret");
    EXPECT_EQ(posted[i].header("Attune-First-Event"), std::to_string(i + 1));
    EXPECT_EQ(posted[i].header("Attune-Dropped-Events"), "0");
    keys.insert(posted[i].header("Idempotency-Key"));
  }
  EXPECT_EQ(keys.size(), 5u);
  EXPECT_EQ(hook.counts().waiting, 0);
}

TEST(Webhook, WhatWaitsGoesTogetherUpToABound) {
  Gate gate;
  const Receiver receiver([&](std::size_t n, httplib::Response&) {
    if (n == 0) gate.pass();
  });
  WebhookOptions options = quick(receiver.url());
  options.request_events = 40;
  options.request_bytes = 5000;
  Webhook hook(options);
  hook.take(numbered_event(1));
  ASSERT_TRUE(receiver.waits_for(1));
  for (int i = 2; i <= 101; ++i) hook.take(numbered_event(i));
  gate.open();
  ASSERT_TRUE(delivers(hook, 101));
  std::vector<std::int64_t> all(101);
  std::iota(all.begin(), all.end(), 1);
  EXPECT_EQ(receiver.numbers(), all);
  std::int64_t next = 1;
  for (const Posted& post : receiver.posted()) {
    EXPECT_LE(post.body.size(), 5000u);
    EXPECT_EQ(post.header("Attune-First-Event"), std::to_string(next));
    next += static_cast<std::int64_t>(lines_of(post.body).size());
  }
  EXPECT_LT(receiver.posted().size(), 8u);
}

TEST(Webhook, SendsTheSameAgainAfterServerErrorsAndKeepsTheOrder) {
  const KeptLog said;
  const Receiver receiver([](std::size_t n, httplib::Response& response) {
    if (n < 2) response.status = 500;
  });
  Webhook hook(quick(receiver.url()));
  hook.take(numbered_event(1));
  ASSERT_TRUE(receiver.waits_for(1));
  hook.take(numbered_event(2));
  hook.take(numbered_event(3));
  ASSERT_TRUE(delivers(hook, 3));
  const auto posted = receiver.posted();
  ASSERT_GE(posted.size(), 4u);
  for (const std::size_t again : {1u, 2u}) {
    EXPECT_EQ(posted[again].body, posted[0].body);
    EXPECT_EQ(posted[again].header("Idempotency-Key"), posted[0].header("Idempotency-Key"));
  }
  EXPECT_NE(posted[3].header("Idempotency-Key"), posted[0].header("Idempotency-Key"));
  EXPECT_THAT(receiver.numbers(), ElementsAre(1, 1, 1, 2, 3));
  EXPECT_EQ(hook.counts().retries, 2);
  EXPECT_EQ(said.count("it answers 500"), 1) << said.text();
  EXPECT_EQ(said.count("takes events again"), 1) << said.text();
}

TEST(Webhook, GivesUpWhatIsAnsweredWithServerErrorsForEver) {
  const Receiver receiver([](std::size_t n, httplib::Response& response) {
    if (n < 3) response.status = 503;
  });
  WebhookOptions options = quick(receiver.url());
  options.most_refusals = 3;
  Webhook hook(options);
  hook.take(numbered_event(1));
  ASSERT_TRUE(comes_true([&] { return hook.counts().refused == 1; }));
  hook.take(numbered_event(2));
  ASSERT_TRUE(delivers(hook, 1));
  EXPECT_THAT(receiver.numbers(), ElementsAre(1, 1, 1, 2));
  EXPECT_EQ(receiver.posted().back().header("Attune-Dropped-Events"), "1");
}

TEST(Webhook, DoesNotRepeatWhatTheReceiverDoesNotWant) {
  const KeptLog said;
  const Receiver receiver([](std::size_t n, httplib::Response& response) {
    if (n == 0) response.status = 404;
  });
  Webhook hook(quick(receiver.url("/hook?token=s3cret")));
  hook.take(numbered_event(1));
  ASSERT_TRUE(comes_true([&] { return hook.counts().refused == 1; }));
  hook.take(numbered_event(2));
  ASSERT_TRUE(delivers(hook, 1));
  EXPECT_THAT(receiver.numbers(), ElementsAre(1, 2));
  EXPECT_EQ(hook.counts().retries, 0);
  EXPECT_EQ(said.count("it answers 404"), 1) << said.text();
  EXPECT_THAT(said.text(), Not(HasSubstr("s3cret")));
}

TEST(Webhook, FollowsNoRedirect) {
  const KeptLog said;
  const Receiver other;
  const Receiver receiver([&](std::size_t, httplib::Response& response) {
    response.set_redirect(other.url("/elsewhere?sig=s3cret"), 307);
  });
  WebhookOptions options = quick(receiver.url());
  options.bearer_token = "t0ken";
  Webhook hook(options);
  hook.take(numbered_event(1));
  ASSERT_TRUE(comes_true([&] { return hook.counts().refused == 1; }));
  EXPECT_TRUE(other.posted().empty());
  EXPECT_THAT(said.text(), HasSubstr("/elsewhere"));
  EXPECT_THAT(said.text(), Not(HasSubstr("s3cret")));
}

TEST(Webhook, ObeysRetryAfter) {
  const Receiver receiver([](std::size_t n, httplib::Response& response) {
    if (n > 0) return;
    response.status = 429;
    response.set_header("Retry-After", "1");
  });
  Webhook hook(quick(receiver.url()));
  hook.take(numbered_event(1));
  ASSERT_TRUE(delivers(hook, 1));
  const auto posted = receiver.posted();
  ASSERT_EQ(posted.size(), 2u);
  EXPECT_GE(posted[1].time - posted[0].time, milliseconds(990));
}

TEST(Webhook, ButNotForEver) {
  const Receiver receiver([](std::size_t n, httplib::Response& response) {
    if (n > 0) return;
    response.status = 503;
    response.set_header("Retry-After", "3600");
  });
  WebhookOptions options = quick(receiver.url());
  options.longest_retry_after = milliseconds(50);
  Webhook hook(options);
  hook.take(numbered_event(1));
  ASSERT_TRUE(delivers(hook, 1));
}

TEST(Webhook, WaitsForAReceiverThatIsNotThereYet) {
  const KeptLog said;
  const int port = closed_port();
  WebhookOptions options =
      quick("http://user:s3cret@127.0.0.1:" + std::to_string(port) + "/events?key=t0ken");
  options.bearer_token = "b3arer";
  auto hook = std::make_unique<Webhook>(options);
  hook->take(numbered_event(1));
  ASSERT_TRUE(comes_true([&] { return hook->counts().retries >= 3; }));
  hook->take(numbered_event(2));
  const Receiver receiver({}, nullptr, port);
  ASSERT_TRUE(delivers(*hook, 2));
  // Before the receiver, which waits for kept connections to end.
  hook.reset();
  EXPECT_THAT(receiver.numbers(), ElementsAre(1, 2));
  EXPECT_EQ(said.count("try 1)"), 1) << said.text();
  for (const char* secret : {"s3cret", "t0ken", "b3arer", "user"})
    EXPECT_THAT(said.text(), Not(HasSubstr(secret)));
}

TEST(Webhook, OneThatNeverAnswersDelaysNobody) {
  const KeptLog said;
  const SilentPeer silent;
  const Receiver receiver;
  WebhookOptions options = quick(silent.url());
  options.answer_timeout = milliseconds(100);
  options.last_try = milliseconds(300);
  auto hook = std::make_unique<Webhook>(options);
  Webhook other(quick(receiver.url()));
  const double seconds = seconds_of([&] {
    for (int i = 1; i <= 900; ++i) {
      hook->take(numbered_event(i));
      other.take(numbered_event(i));
    }
  });
  EXPECT_LT(seconds, 1);
  EXPECT_TRUE(delivers(other, 900));
  EXPECT_TRUE(comes_true([&] { return hook->counts().retries >= 2; }));
  EXPECT_EQ(hook->counts().delivered, 0);
  EXPECT_EQ(hook->counts().waiting, 900);
  EXPECT_LT(seconds_of([&] { hook.reset(); }), 1);
  EXPECT_THAT(said.text(), HasSubstr("the last 900 events are not delivered"));
}

TEST(Webhook, WhenTooManyWaitTheOldestThatIsNotFinalGoesFirst) {
  const KeptLog said;
  Gate gate;
  const Receiver receiver([&](std::size_t n, httplib::Response&) {
    if (n == 0) gate.pass();
  });
  WebhookOptions options = quick(receiver.url());
  options.queue_events = 6;
  Webhook hook(options);
  hook.take(numbered_event(1));
  ASSERT_TRUE(receiver.waits_for(1));
  // 2 to 9, the even ones final: 3 and 5 go.
  for (int i = 2; i <= 9; ++i) hook.take(numbered_event(i, i % 2 == 0));
  EXPECT_EQ(hook.counts().dropped, 2);
  // Three more final ones: 7, 9, and then the oldest.
  for (int i = 10; i <= 12; ++i) hook.take(numbered_event(i));
  EXPECT_EQ(hook.counts().dropped, 5);
  // There is none that is not final but itself.
  hook.take(numbered_event(13, false));
  EXPECT_EQ(hook.counts().dropped, 6);
  gate.open();
  ASSERT_TRUE(delivers(hook, 7));
  EXPECT_THAT(receiver.numbers(), ElementsAre(1, 4, 6, 8, 10, 11, 12));
  EXPECT_EQ(receiver.posted().back().header("Attune-Dropped-Events"), "6");
  EXPECT_EQ(receiver.posted().back().header("Attune-First-Event"), "2");
  EXPECT_EQ(said.count("too many events wait"), 1) << said.text();
}

TEST(Webhook, LeavesOutWhatIsNotFinalWhereAsked) {
  const Receiver receiver;
  WebhookOptions options = quick(receiver.url());
  options.partial = false;
  Webhook hook(options);
  for (int i = 1; i <= 4; ++i) hook.take(numbered_event(i, i % 2 == 0));
  ASSERT_TRUE(delivers(hook, 2));
  EXPECT_THAT(receiver.numbers(), ElementsAre(2, 4));
}

TEST(Webhook, DeliversAtTheEndWhatWaitsForItsNextTry) {
  const Receiver receiver([](std::size_t n, httplib::Response& response) {
    if (n == 0) response.status = 500;
  });
  WebhookOptions options = quick(receiver.url());
  options.first_delay = options.longest_delay = seconds(60);
  options.request_events = 10;
  auto hook = std::make_unique<Webhook>(options);
  hook->take(numbered_event(1));
  ASSERT_TRUE(receiver.waits_for(1));
  for (int i = 2; i <= 25; ++i) hook->take(numbered_event(i));
  EXPECT_LT(seconds_of([&] { hook.reset(); }), 1.5);
  std::vector<std::int64_t> all{1};
  for (int i = 1; i <= 25; ++i) all.push_back(i);
  EXPECT_EQ(receiver.numbers(), all);
}

TEST(Webhook, DoesNotTryForEverAtTheEnd) {
  const KeptLog said;
  const Receiver receiver([](std::size_t, httplib::Response& response) { response.status = 500; });
  auto hook = std::make_unique<Webhook>(quick(receiver.url()));
  hook->take(numbered_event(1));
  ASSERT_TRUE(receiver.waits_for(2));
  hook->take(numbered_event(2));
  EXPECT_LT(seconds_of([&] { hook.reset(); }), 1);
  EXPECT_EQ(said.count("events are not delivered"), 1) << said.text();
}

TEST(Webhook, TakesEventsFromSeveralThreads) {
  const Receiver receiver;
  std::int64_t delivered = 0;
  {
    Webhook hook(quick(receiver.url()));
    std::vector<std::thread> feeds;
    for (int feed = 0; feed < 3; ++feed)
      feeds.emplace_back([&hook] {
        for (int i = 1; i <= 100; ++i) {
          hook.take(numbered_event(i));
          EXPECT_GE(hook.counts().delivered, 0);
        }
      });
    for (std::thread& feed : feeds) feed.join();
    delivers(hook, 300);
    delivered = hook.counts().delivered;
  }
  EXPECT_EQ(delivered, 300);
  EXPECT_EQ(receiver.numbers().size(), 300u);
}

TEST(Webhook, RefusesAddressesAndTokensThatCannotBeUsed) {
  const auto refusal = [](const std::string& url, const std::string& token = "",
                          const std::string& ca_file = "") {
    return thrown_error(ErrorKind::kUsage, [&] {
      WebhookOptions options;
      options.url = url;
      options.bearer_token = token;
      options.ca_file = ca_file;
      Webhook hook(options);
    });
  };
  EXPECT_THAT(refusal("ftp://a/b"), HasSubstr("ftp://a/b"));
  EXPECT_THAT(refusal("file:///etc/passwd"), HasSubstr("no address of a webhook"));
  EXPECT_THAT(refusal("nonsense"), HasSubstr("nonsense"));
  EXPECT_THAT(refusal(""), HasSubstr("no address of a webhook"));
  EXPECT_THAT(refusal("ftp://me:s3cret@a/b"), Not(HasSubstr("s3cret")));
  const std::string token = refusal("http://a/b", "s3cret\nX-Header: 1");
  EXPECT_THAT(token, HasSubstr("line feed"));
  EXPECT_THAT(token, Not(HasSubstr("s3cret")));
  EXPECT_THAT(refusal("https://a/b", "", "/nowhere/ca.pem"), HasSubstr("/nowhere/ca.pem"));
}

#ifdef CPPHTTPLIB_OPENSSL_SUPPORT
TEST(Webhook, ChecksTheCertificate) {
  const auto folder = fresh_folder();
  const std::string certificate = (folder / "certificate.pem").string();
  const std::string key = (folder / "key.pem").string();
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
      "-subj /CN=receiver -addext subjectAltName=IP:127.0.0.1 -keyout " +
      key + " -out " + certificate + " 2>/dev/null";
  if (std::system(command.c_str()) != 0) GTEST_SKIP() << "there is no openssl program";
  const KeptLog said;
  const Receiver receiver({},
                          std::make_unique<httplib::SSLServer>(certificate.c_str(), key.c_str()));
  const std::string url = "https://127.0.0.1:" + std::to_string(receiver.port()) + "/events";
  {
    WebhookOptions options = quick(url);
    options.last_try = milliseconds(200);
    Webhook hook(options);
    hook.take(numbered_event(1));
    ASSERT_TRUE(comes_true([&] { return hook.counts().retries >= 2; }));
    EXPECT_THAT(said.text(), HasSubstr("certificate"));
    EXPECT_TRUE(receiver.posted().empty());
  }
  WebhookOptions options = quick(url);
  options.ca_file = certificate;
  Webhook hook(options);
  hook.take(numbered_event(2));
  ASSERT_TRUE(delivers(hook, 1));
  EXPECT_THAT(receiver.numbers(), ElementsAre(2));
}
#endif

}  // namespace
}  // namespace attune::live
