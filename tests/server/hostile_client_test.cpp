// Clients that say byte for byte what no library says: half messages, false lengths, closes at a bad moment.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "support/eventually.hpp"
#include "support/raw_connection.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using probe::Client;
using probe::InProcessServer;
using test::eventually;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t mebibyte = 1U << 20U;

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

  void send_frame(const std::string& frame) { connection_.send(frame); }
  /// Until the server has closed its side.
  void wait_for_the_end() { connection_.rest(); }

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
    if (config.characters == Config().characters) config.characters = UNMUTED_SOURCE_DIR "/characters";
    config.threads = 2;
    auto started = InProcessServer::start(std::move(config));
    ASSERT_TRUE(started) << started.error().message;
    harness.emplace(std::move(*started));
  }
  [[nodiscard]] std::uint16_t port() { return harness->server().port(); }
  std::string get(const std::string& path) {
    return test::raw_exchange(port(), "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  }
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

/// What the loops of this process watch, most first: the number of descriptors in each of its epoll sets.
std::vector<std::size_t> watched_descriptors() {
  std::vector<std::size_t> counts;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream info(entry.path());
    std::size_t count = 0;
    for (std::string line; std::getline(info, line);) count += line.starts_with("tfd:") ? 1U : 0U;
    counts.push_back(count);
  }
  std::sort(counts.begin(), counts.end(), std::greater<>());
  return counts;
}

TEST_F(HostileClient, SessionsSpreadEvenlyWhateverIsAskedForBefore) {
  start();
  std::vector<std::unique_ptr<RawWebSocket>> sessions;
  for (int i = 0; i < 40; ++i) {
    EXPECT_THAT(get("/v1/voices"), StartsWith("HTTP/1.1 200"));
    sessions.push_back(std::make_unique<RawWebSocket>(port()));
  }
  ASSERT_TRUE(sessions_are(40));
  // Both have timers, a wake-up and one of them the listener besides; each client watches its own socket.
  const auto watched = watched_descriptors();
  EXPECT_GE(watched.at(1), 20U);
  EXPECT_LE(watched.at(0), watched.at(1) + 3);
}

/// The head of a close frame with code 1000, masked by zeros.
const std::string close_frame = std::string("\x88\x82\0\0\0\0", 6) + "\x03\xE8";

TEST_F(HostileClient, AnAnsweredCloseWaitsForNobody) {
  start();
  RawWebSocket leaves(port());
  leaves.send_frame(close_frame);
  leaves.wait_for_the_end();
  // The client keeps its end of the connection open. Whoever waited for that would be here after a hundred
  // requests as well, for they take no time.
  for (int i = 0; i < 100 && harness->server().session_count() > 0; ++i) get("/readyz");
  EXPECT_EQ(harness->server().session_count(), 0U);

  RawWebSocket is_closed(port());
  is_closed.announce(2 * mebibyte);
  is_closed.send(2 * mebibyte);
  EXPECT_TRUE(is_closed.closed_with(1009, "the message is too big"));
  is_closed.send_frame(close_frame);
  is_closed.wait_for_the_end();
  for (int i = 0; i < 100 && harness->server().session_count() > 0; ++i) get("/readyz");
  EXPECT_EQ(harness->server().session_count(), 0U);
}

TEST_F(HostileClient, SilentConnectionsShutNobodyOut) {
  Config config;
  config.max_sessions = 2;
  config.spare_connections = 30;
  config.first_request = 60s;
  start(std::move(config));
  std::vector<std::unique_ptr<test::RawConnection>> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(std::make_unique<test::RawConnection>(port()));
  EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/metrics"), HasSubstr("worker_dropped_connections_total{reason=\"gave_way\"}"));
  expect_service();
  EXPECT_EQ(silent.front()->rest(), "");  // closed to make room
}

TEST_F(HostileClient, WhoNeverAsksForAnythingIsClosed) {
  Config config;
  config.first_request = 50ms;
  start(std::move(config));
  EXPECT_EQ(test::RawConnection(port()).rest(), "");
  test::RawConnection half(port());
  half.send("GET /readyz HTTP/1.1\r\nHost: a\r\n");
  EXPECT_THAT(half.rest(), StartsWith("HTTP/1.1 408"));
  EXPECT_THAT(half.rest(), HasSubstr("detail"));
}

std::string character(const std::string& name, const std::string& metadata, const std::string& text) {
  return "return {name = '" + name + "', metadata = {" + metadata +
         "}, voice = {source_type = 'file', path_on_server = 'v/" + name +
         ".wav'}, instructions = {language = 'en', text = '" + text + "'}}";
}

TEST_F(HostileClient, ClientsThatDoNotReadShareOneCopyOfThePages) {
  const test::TemporaryFolder cast;
  constexpr int characters = 100;
  const std::string text(39U << 10U, 'x');
  for (int i = 0; i < characters; ++i) {
    const std::string name = "n" + std::to_string(i);
    cast.write(name + ".lua", character(name, "good = true", text));
  }
  Config config;
  config.characters = cast.path();
  config.load_limits.script_cpu = 60s;  // a sanitizer makes it long
  start(std::move(config));
  const std::size_t page = get("/v1/voices").size();
  ASSERT_GT(page, characters * text.size());
  const std::size_t before = resident();
  std::vector<std::unique_ptr<test::RawConnection>> deaf;
  for (int i = 0; i < 60; ++i) {
    deaf.push_back(std::make_unique<test::RawConnection>(port()));
    deaf.back()->send("GET /v1/voices HTTP/1.1\r\nHost: a\r\n\r\n");
    deaf.back()->until("HTTP/1.1 200");
  }
  EXPECT_LT(resident(), before + 8 * page);
}

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
  config.message_patience_tight = 1s;
  start(std::move(config));
  RawWebSocket first(port());
  first.announce(mebibyte);
  first.send((8U + 58U) << 10U);  // and no more: it holds what others need
  expect_service();               // small messages need none of it
  RawWebSocket second(port());
  second.announce((8U + 58U) << 10U);
  second.send((8U + 58U) << 10U);
  second.wait_for("invalid_json");
  EXPECT_TRUE(first.closed_with(1013, "too much is being sent"));
  RawWebSocket third(port());
  third.announce((8U + 58U) << 10U);
  third.send((8U + 58U) << 10U);
  third.wait_for("invalid_json");
}

TEST_F(HostileClient, WhoPingsWithoutEndIsClosed) {
  start();
  RawWebSocket client(port());
  std::string pings;
  for (int i = 0; i < 3'000; ++i) pings += std::string("\x89\x80\0\0\0\0", 6);
  client.send_frame(pings);
  EXPECT_TRUE(client.closed_with(1008, "too many pings"));
  expect_service();
}

TEST_F(HostileClient, WhoDoesNotReadGivesWayToWhoDoes) {
  const test::TemporaryFolder cast;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "n" + std::to_string(i);
    cast.write(name + ".lua", character(name, "comment = '" + std::string(300, 'c') + "'", "x"));
  }
  Config config;
  config.characters = cast.path();
  config.load_limits.script_cpu = 60s;  // a sanitizer makes it long
  config.unread_events = mebibyte;
  config.max_sessions = 100;
  start(std::move(config));
  const auto ask_for_lists = [](RawWebSocket& client, int count) {
    for (int n = 0; n < count; ++n) client.send({{"type", "session.characters.list"}});
  };
  std::vector<std::unique_ptr<RawWebSocket>> deaf;
  for (int i = 0; i < 4; ++i) {
    deaf.push_back(std::make_unique<RawWebSocket>(port()));
    ask_for_lists(*deaf.back(), 60 * 4);  // some 24 MB: more than sockets hold
  }
  auto reader = Client::connect(harness->websocket_url());
  ASSERT_TRUE(reader);
  for (int round = 0; round < 10; ++round) {
    for (int n = 0; n < 5; ++n) ASSERT_TRUE(reader->send({{"type", "session.characters.list"}}));
    for (int n = 0; n < 5; ++n) {
      const auto listed = reader->expect("{type: session.characters.listed}");
      ASSERT_TRUE(listed) << listed.error().message;
    }
  }
  EXPECT_TRUE(sessions_are(1));  // the others are gone, whose frames nobody took
}

TEST_F(HostileClient, WhoSendsTooMuchAtOnceIsTold) {
  Config config;
  config.partial_messages = 0;
  config.message_patience_tight = 100ms;
  start(std::move(config));
  RawWebSocket client(port());
  client.announce(mebibyte);
  client.send(17U << 10U);
  EXPECT_TRUE(client.closed_with(1013, "too much is being sent"));
}

}  // namespace
}  // namespace unmuted
