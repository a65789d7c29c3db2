#include "core/redact.h"

#include <gtest/gtest.h>

namespace attune {
namespace {

TEST(Redact, HidesUserAndPassword) {
  EXPECT_EQ(redacted("rtsp://anna:s3cret@camera.example:554/1"), "rtsp://***@camera.example:554/1");
  EXPECT_EQ(redacted("http://anna:p@ss@host/x"), "http://***@host/x");
}

TEST(Redact, HidesTheValuesOfAQuery) {
  EXPECT_EQ(redacted("srt://host:9000?passphrase=long&latency=20"),
            "srt://host:9000?passphrase=***&latency=***");
  EXPECT_EQ(redacted("https://host/a?token=x#secret"), "https://host/a?token=***#***");
}

TEST(Redact, HidesAStreamKey) {
  EXPECT_EQ(redacted("rtmp://host/live/abcd-1234"), "rtmp://host/live/***");
  EXPECT_EQ(redacted("rtmp://host/live"), "rtmp://host/live");
}

TEST(Redact, LeavesTheRestAlone) {
  for (const char* plain : {"film.mp4", "/data/a:b@c.mkv", "udp://239.0.0.1:1234", "-", "",
                            "http://host/user@example/1"})
    EXPECT_EQ(redacted(plain), plain);
}

TEST(Redact, CleansMessagesThatQuoteTheAddress) {
  const std::string address = "rtsp://anna:s3cret@camera/1?key=k1k2";
  EXPECT_EQ(redacted("cannot open rtsp://anna:s3cret@camera/1?key=k1k2: 401", address),
            "cannot open rtsp://***@camera/1?key=***: 401");
  EXPECT_EQ(redacted("anna:s3cret@camera refused; password s3cret", address),
            "***@camera refused; password ***");
}

}  // namespace
}  // namespace attune
