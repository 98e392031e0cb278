#include "server/connection_registry.hpp"

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include "metrics/metrics.hpp"

namespace unmuted {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConnectionRegistryTest : public testing::Test {
 protected:
  void limit(std::size_t total, std::size_t per_address = 0) {
    registry =
        std::make_unique<ConnectionRegistry>(ConnectionRegistry::Limits{total, per_address}, metrics, log);
  }
  /// A connection whose cut writes its name down.
  std::optional<ConnectionRegistry::Place> enter(const std::string& name,
                                                 const std::string& address = "127.0.0.1") {
    return registry->enter(boost::asio::ip::make_address(address), [this, name] { cut.push_back(name); });
  }
  [[nodiscard]] std::string dropped(const std::string& reason) const {
    const std::string series = "worker_dropped_connections_total{reason=\"" + reason + "\"} ";
    const std::string text = metrics.text();
    const std::size_t at = text.find(series);
    if (at == std::string::npos) return "0";
    return text.substr(at + series.size(), text.find('\n', at) - at - series.size());
  }

  Metrics metrics;
  std::ostringstream log_text;
  std::shared_ptr<spdlog::logger> log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text));
  std::unique_ptr<ConnectionRegistry> registry;
  std::vector<std::string> cut;
};

TEST_F(ConnectionRegistryTest, TheOneThatWaitedLongestGivesWay) {
  limit(2);
  auto a = enter("a");
  auto b = enter("b");
  a->waits_for_us();
  a->waits_for_client();  // it has been answered: b waits longer now
  auto c = enter("c");
  EXPECT_TRUE(c);
  EXPECT_THAT(cut, ElementsAre("b"));
  auto d = enter("d");
  EXPECT_TRUE(d);
  EXPECT_THAT(cut, ElementsAre("b", "a"));
  EXPECT_EQ(dropped("gave_way"), "2");
}

TEST_F(ConnectionRegistryTest, NobodyGivesWayWhileItIsBeingAnswered) {
  limit(2);
  auto a = enter("a");
  auto b = enter("b");
  a->waits_for_us();
  b->waits_for_us();
  EXPECT_FALSE(enter("c"));
  EXPECT_THAT(cut, ElementsAre());
  EXPECT_EQ(dropped("too_many"), "1");
  b->waits_for_client();
  EXPECT_TRUE(enter("c"));
  EXPECT_THAT(cut, ElementsAre("b"));
}

TEST_F(ConnectionRegistryTest, SessionsDoNotGiveWay) {
  limit(2);
  auto a = enter("a");
  EXPECT_TRUE(a->becomes_session());
  auto b = enter("b");
  EXPECT_TRUE(enter("c"));
  EXPECT_THAT(cut, ElementsAre("b"));
  auto d = enter("d");
  EXPECT_TRUE(d->becomes_session());
  EXPECT_FALSE(enter("e"));
  EXPECT_FALSE(registry->make_room());
  EXPECT_THAT(cut, ElementsAre("b"));
}

TEST_F(ConnectionRegistryTest, WhoHasBeenCutIsNoSessionAnyMore) {
  limit(1);
  auto a = enter("a");
  auto b = enter("b");
  EXPECT_THAT(cut, ElementsAre("a"));
  EXPECT_FALSE(a->becomes_session());
  a->waits_for_us();
  a.reset();
  EXPECT_TRUE(b->becomes_session());
}

TEST_F(ConnectionRegistryTest, MakesRoomWhenDescriptorsRunOut) {
  limit(10);
  auto a = enter("a");
  auto b = enter("b");
  EXPECT_TRUE(registry->make_room());
  EXPECT_TRUE(registry->make_room());
  EXPECT_FALSE(registry->make_room());
  EXPECT_THAT(cut, ElementsAre("a", "b"));
}

TEST_F(ConnectionRegistryTest, AnAddressHasABoundSessionsIncluded) {
  limit(10, 2);
  auto a = enter("a", "192.0.2.1");
  auto b = enter("b", "::ffff:192.0.2.1");
  EXPECT_TRUE(a->becomes_session());
  EXPECT_FALSE(enter("c", "192.0.2.1"));
  EXPECT_TRUE(enter("d", "192.0.2.2"));
  EXPECT_EQ(dropped("too_many_of_address"), "1");
  a.reset();
  EXPECT_TRUE(enter("e", "192.0.2.1"));
}

TEST_F(ConnectionRegistryTest, ANetworkOfOneOwnerIsOneAddress) {
  limit(10, 1);
  const auto a = enter("a", "2001:db8::1");
  EXPECT_FALSE(enter("b", "2001:db8::ffff:1"));
  EXPECT_TRUE(enter("c", "2001:db8:0:1::1"));
}

TEST_F(ConnectionRegistryTest, AddressesOfThisMachineHaveNone) {
  limit(10, 1);
  std::vector<std::optional<ConnectionRegistry::Place>> all;
  for (const char* address : {"127.0.0.1", "127.0.0.1", "::1", "::1", "::ffff:127.0.0.1", "127.8.8.8"}) {
    all.push_back(enter("a", address));
    EXPECT_TRUE(all.back()) << address;
  }
}

TEST_F(ConnectionRegistryTest, LogsOnceAWhile) {
  limit(1);
  std::vector<std::optional<ConnectionRegistry::Place>> all;
  for (int i = 0; i < 100; ++i) all.push_back(enter("a"));
  log->flush();
  EXPECT_THAT(log_text.str(), HasSubstr("connection_dropped reason=gave_way others=0"));
  EXPECT_EQ(log_text.str().find("connection_dropped", log_text.str().find("connection_dropped") + 1),
            std::string::npos);
  EXPECT_EQ(dropped("gave_way"), "99");
}

}  // namespace
}  // namespace unmuted
