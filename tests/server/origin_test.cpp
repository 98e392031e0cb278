#include "server/origin.hpp"

#include <gtest/gtest.h>

namespace unmuted {
namespace {

const OriginPolicy loopback{{"http://localhost", "http://localhost:3000"}, true};
const OriginPolicy exposed{{}, false};

TEST(OriginPolicy, TakesWhatNoBrowserSent) {
  EXPECT_TRUE(loopback.admits(std::nullopt, "localhost:8000"));
}

TEST(OriginPolicy, TakesTheListedOnes) {
  EXPECT_TRUE(loopback.admits("http://localhost:3000", "127.0.0.1:8000"));
  EXPECT_TRUE(loopback.admits("HTTP://LocalHost", "127.0.0.1:8000"));
  EXPECT_FALSE(loopback.admits("http://localhost:3001", "127.0.0.1:8000"));
  EXPECT_FALSE(loopback.admits("https://localhost:3000", "127.0.0.1:8000"));
  EXPECT_FALSE(loopback.admits("http://localhost.example", "127.0.0.1:8000"));
  EXPECT_TRUE((OriginPolicy{{"*"}, true}.admits("http://anything.example", std::nullopt)));
}

TEST(OriginPolicy, TakesThePageOfItsOwnHost) {
  EXPECT_TRUE(loopback.admits("http://127.0.0.1:8000", "127.0.0.1:8000"));
  EXPECT_TRUE(loopback.admits("http://[::1]:8000", "[::1]:8000"));
  EXPECT_TRUE(exposed.admits("https://voice.example", "voice.example"));
  EXPECT_FALSE(loopback.admits("http://127.0.0.1:8001", "127.0.0.1:8000"));
  EXPECT_FALSE(loopback.admits("http://127.0.0.1:8000", std::nullopt));
}

TEST(OriginPolicy, IsNotFooledByANameThatPointsAtThisMachine) {
  EXPECT_FALSE(loopback.admits("http://evil.example:8000", "evil.example:8000"));
}

TEST(OriginPolicy, RefusesWhatIsNoOrigin) {
  for (const char* origin : {"null", "", "file://", "http://", "http://a b", "http://user@127.0.0.1:8000"}) {
    EXPECT_FALSE(loopback.admits(origin, "127.0.0.1:8000")) << origin;
  }
}

}  // namespace
}  // namespace unmuted
