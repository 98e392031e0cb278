// What takes long does not hold up what somebody waits for.
#include <deque>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "support/raw_connection.hpp"

namespace unmuted {
namespace {

using probe::Client;
using probe::InProcessServer;
using testing::HasSubstr;
using testing::StartsWith;

/// Keeps every thread of one lane busy, and more jobs waiting.
class BusyLane {
 public:
  BusyLane(WorkerPool& pool, WorkerPool::Lane lane, int jobs) {
    std::shared_future<void> end = end_.get_future().share();
    for (int i = 0; i < jobs; ++i) {
      EXPECT_TRUE(shares_.emplace_back(pool, lane).submit([end] { end.wait(); }));
    }
  }
  ~BusyLane() { end_.set_value(); }
  BusyLane(const BusyLane&) = delete;
  BusyLane& operator=(const BusyLane&) = delete;

 private:
  std::promise<void> end_;
  std::deque<WorkerPool::Share> shares_;
};

class LanesTest : public testing::Test {
 protected:
  LanesTest() {
    Config config;
    config.characters = UNMUTED_SOURCE_DIR "/characters";
    config.threads = 2;
    config.pool_threads = 2;
    auto started = InProcessServer::start(std::move(config));
    EXPECT_TRUE(started) << started.error().message;
    harness.emplace(std::move(*started));
  }
  WorkerPool& pool() { return harness->server().pool(); }
  Client connect() {
    auto client = Client::connect(harness->websocket_url());
    EXPECT_TRUE(client) << client.error().message;
    return std::move(*client);
  }
  std::string scrape() {
    return test::raw_exchange(harness->server().port(), "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
  }

  std::optional<InProcessServer> harness;
};

TEST_F(LanesTest, LoadsDoNotHoldUpConversationsAndScrapes) {
  const BusyLane loads(pool(), WorkerPool::Lane::loads, 50);
  Client client = connect();
  ASSERT_TRUE(client.send({{"type", "session.characters.reload"}, {"directory", "default"}}));
  Client talker = connect();
  ASSERT_TRUE(talker.send({{"type", "session.update"}, {"session", {{"voice", "Echo"}}}}));
  EXPECT_TRUE(talker.expect("{type: response.audio.done}"));
  EXPECT_THAT(scrape(), HasSubstr("worker_active_sessions 2\n"));
}

TEST_F(LanesTest, ChoresDoNotHoldUpLoadsAndConversations) {
  const BusyLane chores(pool(), WorkerPool::Lane::chores, 50);
  Client client = connect();
  ASSERT_TRUE(client.send({{"type", "session.characters.reload"}, {"directory", "default"}}));
  EXPECT_TRUE(client.expect("{type: session.characters.reloaded}"));
  ASSERT_TRUE(client.send({{"type", "session.update"}, {"session", {{"voice", "Echo"}}}}));
  EXPECT_TRUE(client.expect("{type: response.audio.done}"));
}

TEST_F(LanesTest, ManyScrapesAreOneJob) {
  pool().shut_gate();
  std::vector<std::unique_ptr<test::RawConnection>> scrapers;
  for (int i = 0; i < 50; ++i) {
    scrapers.push_back(std::make_unique<test::RawConnection>(harness->server().port()));
    scrapers.back()->send("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  }
  ASSERT_TRUE(pool().wait_for_held(1));
  // Each thread has heard all of its scrapers once it has answered somebody who came after them.
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(test::raw_exchange(harness->server().port(), "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"),
                StartsWith("HTTP/1.1 200"));
  }
  EXPECT_FALSE(pool().wait_for_held(2, std::chrono::milliseconds(0)));
  pool().open_gate();
  for (auto& scraper : scrapers) EXPECT_THAT(scraper->rest(), HasSubstr("worker_active_sessions 0\n"));
}

}  // namespace
}  // namespace unmuted
