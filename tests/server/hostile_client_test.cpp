// Clients that say byte for byte what no library says: half messages, false lengths, closes at a bad moment.
#include <chrono>
#include <cstdint>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "support/raw_connection.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using probe::Client;
using probe::InProcessServer;
using testing::HasSubstr;

constexpr std::size_t mebibyte = 1U << 20U;

/// Waits until something another thread does has come true.
bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Resident memory of this process, in bytes.
std::size_t resident() {
  std::ifstream status("/proc/self/statm");
  std::size_t total = 0, pages = 0;
  status >> total >> pages;
  return pages * 4096;
}

class RawWebSocket {
 public:
  explicit RawWebSocket(std::uint16_t port) : connection_(port) {
    connection_.send(
        "GET /v1/realtime HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    connection_.until("\r\n\r\n");
  }

  /// The beginning of a text frame of `bytes`, masked by zeros.
  void announce(std::uint64_t bytes) {
    std::string head = "\x81";
    if (bytes < 126) {
      head += static_cast<char>(0x80U + bytes);
    } else {
      const int bits = bytes < 65536 ? 16 : 64;
      head += bits == 16 ? '\xFE' : '\xFF';
      for (int shift = bits - 8; shift >= 0; shift -= 8) head += static_cast<char>((bytes >> shift) & 0xFFU);
    }
    connection_.send(head + std::string(4, '\0'));
  }
  void send(std::size_t bytes) { connection_.send(std::string(bytes, 'x')); }
  void send(const json& event) {
    const std::string text = event.dump();
    announce(text.size());
    connection_.send(text);
  }
  void wait_for(const std::string& text) { EXPECT_THAT(connection_.until(text), HasSubstr(text)); }

  /// Waits for a close frame.
  bool closed_with(unsigned code, const std::string& reason) {
    const std::string frame{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
    const std::string all = connection_.until(frame + reason);
    if (all.find(frame + reason) != std::string::npos) return true;
    ADD_FAILURE() << "the last that came: "
                  << testing::PrintToString(all.substr(all.size() - std::min<std::size_t>(all.size(), 300)));
    return false;
  }

 private:
  test::RawConnection connection_;
};

class HostileClient : public testing::Test {
 protected:
  void start(Config config = {}) {
    config.characters = UNMUTED_SOURCE_DIR "/characters";
    config.threads = 2;
    auto started = InProcessServer::start(std::move(config));
    ASSERT_TRUE(started) << started.error().message;
    harness.emplace(std::move(*started));
  }
  [[nodiscard]] std::uint16_t port() { return harness->server().port(); }
  bool sessions_are(std::size_t count) {
    return eventually([&] { return harness->server().session_count() == count; });
  }
  /// Whether others are served meanwhile, on both threads.
  void expect_service() {
    for (int i = 0; i < 2; ++i) {
      auto client = Client::connect(harness->websocket_url());
      ASSERT_TRUE(client) << client.error().message;
      ASSERT_TRUE(client->send({{"type", "session.characters.list"}}));
      EXPECT_TRUE(client->expect("{type: session.characters.listed}"));
    }
  }

  std::optional<InProcessServer> harness;
};

TEST_F(HostileClient, AMessageThatBecomesTooBigWhileWeCloseEndsTheSession) {
  Config config;
  config.words_per_minute = 3'000;
  start(std::move(config));
  {
    RawWebSocket client(port());
    client.send({{"type", "session.update"}, {"session", {{"voice", "Echo"}}}});
    client.wait_for("response.audio.done");
    const json content = {{"type", "input_text"}, {"text", "goodbye"}};
    client.send({{"type", "conversation.item.create"},
                 {"item", {{"type", "message"}, {"role", "user"}, {"content", json::array({content})}}}});
    client.send({{"type", "response.create"}});
    client.announce(2 * mebibyte);
    client.send(mebibyte - 10);
    EXPECT_TRUE(client.closed_with(1000, "goodbye"));
    client.send(mebibyte + 10);
  }
  EXPECT_TRUE(sessions_are(0));
  expect_service();
}

TEST_F(HostileClient, AMessageThatIsTooBigIsClosedForByTheOneWhoWrites) {
  start();
  {
    RawWebSocket client(port());
    client.announce(2 * mebibyte);
    client.send(mebibyte + 10);
    EXPECT_TRUE(client.closed_with(1009, "the message is too big"));
  }
  EXPECT_TRUE(sessions_are(0));
}

TEST_F(HostileClient, MemoryFollowsWhatHasCome) {
  start();
  constexpr std::size_t clients = 200;
  std::vector<std::unique_ptr<RawWebSocket>> all;
  for (std::size_t i = 0; i < clients; ++i) all.push_back(std::make_unique<RawWebSocket>(port()));
  const std::size_t before = resident();
  for (const auto& client : all) {
    client->announce(mebibyte);
    client->send(1);
  }
  expect_service();
  EXPECT_LT(resident(), before + clients * mebibyte / 2);
  EXPECT_TRUE(sessions_are(clients));
}

TEST_F(HostileClient, HalfMessagesHaveABudgetTogether) {
  Config config;
  config.partial_messages = 64U << 10U;
  config.slow_reader = 200ms;
  start(std::move(config));
  auto first = std::make_unique<RawWebSocket>(port());
  auto second = std::make_unique<RawWebSocket>(port());
  for (auto* client : {first.get(), second.get()}) {
    client->announce(mebibyte);
    client->send((16U + 60U) << 10U);
  }
  EXPECT_TRUE(sessions_are(1));  // whoever came second
  expect_service();              // small messages need none of it
  first.reset();
  second.reset();
  ASSERT_TRUE(sessions_are(0));
  RawWebSocket third(port());
  third.announce((16U + 60U) << 10U);
  third.send((16U + 60U) << 10U);
  third.wait_for("invalid_json");
}

TEST_F(HostileClient, WhoSendsTooMuchAtOnceIsTold) {
  Config config;
  config.partial_messages = 0;
  start(std::move(config));
  RawWebSocket client(port());
  client.announce(mebibyte);
  client.send(17U << 10U);
  EXPECT_TRUE(client.closed_with(1013, "too much is being sent"));
}

}  // namespace
}  // namespace unmuted
