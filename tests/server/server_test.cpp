// The server through real sockets: what concerns several sessions at once, and every way to end.
#include "server/server.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

#include "characters/character_set.hpp"
#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "support/casts.hpp"
#include "support/eventually.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using probe::Client;
using probe::InProcessServer;
using probe::Json;
using test::cast_path;
using test::eventually;
using testing::HasSubstr;

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

Config default_config() {
  Config config;
  config.characters = UNMUTED_SOURCE_DIR "/characters";
  config.threads = 2;
  return config;
}

/// Sends and never reads: a socket of its own, for every client of ours reads.
class DeafClient {
 public:
  explicit DeafClient(std::uint16_t port) : socket_(io_) {
    socket_.connect({net::asio::ip::address_v4::loopback(), port});
    const timeval patience{0, 100'000};  // a send that finds no room for 100 ms has failed
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    std::ignore = send(
        "GET /v1/realtime HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  }
  /// One masked text frame. False when the server has closed.
  [[nodiscard]] bool ask_for_the_list() const {
    const std::string event = R"({"type":"session.characters.list"})";
    return send("\x81" + std::string(1, static_cast<char>(0x80 + event.size())) + std::string(4, '\0') +
                event);
  }

 private:
  [[nodiscard]] bool send(const std::string& bytes) const {
    const ssize_t sent = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent >= 0 || errno == EAGAIN || errno == EWOULDBLOCK;
  }

  net::asio::io_context io_;
  mutable net::asio::ip::tcp::socket socket_;
};

class ServerTest : public testing::Test {
 protected:
  void start(Config config = default_config()) {
    auto started = InProcessServer::start(std::move(config));
    ASSERT_TRUE(started) << started.error().message;
    harness.emplace(std::move(*started));
  }
  Server& server() { return harness->server(); }
  Client connect() {
    auto client = Client::connect(harness->websocket_url());
    EXPECT_TRUE(client) << client.error().message;
    return std::move(*client);
  }
  /// The answer to an event, by its request_id.
  static Json ask(Client& client, Json event) {
    static int questions = 0;
    const std::string id = "q" + std::to_string(++questions);
    event["event_id"] = id;
    EXPECT_TRUE(client.send(event));
    return client.expect("{request_id: " + id + "}").value_or(Json());
  }
  static Json reload(Client& client, const std::string& directory) {
    return ask(client, {{"type", "session.characters.reload"}, {"directory", directory}});
  }
  static Json select(Client& client, const std::string& voice) {
    return ask(client, {{"type", "session.update"}, {"session", {{"voice", voice}}}});
  }
  static Json list(Client& client) { return ask(client, {{"type", "session.characters.list"}}); }

  std::optional<InProcessServer> harness;
};

TEST_F(ServerTest, TwoSessionsHaveACharlesEach) {
  start();
  Client a = connect();
  Client b = connect();
  reload(a, cast_path("alpha"));
  reload(b, cast_path("beta"));
  const Json listed_a = list(a);
  const Json listed_b = list(b);
  EXPECT_EQ(listed_a["directory"], cast_path("alpha"));
  EXPECT_EQ(listed_b["directory"], cast_path("beta"));
  const Json charles_a = select(a, "Charles");
  const Json charles_b = select(b, "Charles");
  EXPECT_EQ(charles_a["session"]["character"], "Charles");
  EXPECT_EQ(charles_b["session"]["character"], "Charles");
  EXPECT_NE(charles_a["session"]["voice"], charles_b["session"]["voice"]);
}

TEST_F(ServerTest, ModuleNamesAreUniqueToTheirSessionAndGoWithIt) {
  start();
  Client a = connect();
  Client b = connect();
  reload(a, cast_path("alpha"));
  reload(b, cast_path("alpha"));
  const std::string id_a = select(a, "Charles")["session"]["id"];
  const std::string id_b = select(b, "Charles")["session"]["id"];
  const auto names = server().modules().names();
  ASSERT_EQ(names.size(), 2U);
  EXPECT_NE(names[0], names[1]);
  for (const std::string& id : {id_a, id_b}) {
    EXPECT_THAT(names, testing::Contains(testing::StartsWith("session_" + id + ".characters.")));
  }
  a.close();
  EXPECT_TRUE(eventually([&] { return server().modules().size() == 1; }));
  EXPECT_THAT(server().modules().names()[0], HasSubstr(id_b));
  b.vanish();
  EXPECT_TRUE(eventually([&] { return server().modules().size() == 0; }));
}

TEST_F(ServerTest, AThousandSessionsThatVanishLeaveNothing) {
  start();
  {
    Client warm_up = connect();
    reload(warm_up, cast_path("alpha"));
  }
  ASSERT_TRUE(eventually([&] { return server().session_count() == 0; }));
  const std::size_t characters = server().living_characters();
  std::size_t descriptors = open_descriptors();
  for (int i = 0; i < 1000; ++i) {
    Client client = connect();
    ASSERT_TRUE(client.send({{"type", "session.characters.reload"}, {"directory", cast_path("alpha")}}));
    ASSERT_TRUE(client.send({{"type", "session.update"}, {"session", {{"voice", "Charles"}}}}));
    if (i % 2 == 0) {  // every second one while it is still waited for
      ASSERT_TRUE(client.expect("{type: session.updated}"));
    }
    client.vanish();
  }
  EXPECT_TRUE(eventually([&] { return server().session_count() == 0; }));
  EXPECT_TRUE(eventually([&] { return server().modules().size() == 0; }));
  EXPECT_TRUE(eventually([&] { return server().living_characters() == characters; }));
  EXPECT_TRUE(eventually([&] { return open_descriptors() <= descriptors; }))
      << open_descriptors() << " descriptors, before " << descriptors;
  const std::string metrics = server().metrics_text();
  EXPECT_THAT(metrics, Not(HasSubstr("session_id=")));
  EXPECT_THAT(metrics, HasSubstr("\nworker_active_sessions 0\n"));
  EXPECT_THAT(metrics, HasSubstr("\nworker_sessions_total 1001\n"));
}

TEST_F(ServerTest, ADisconnectInTheMiddleOfAReloadAbandonsIt) {
  start();
  const std::size_t characters = server().living_characters();
  Client client = connect();
  list(client);
  server().pool().shut_gate();
  ASSERT_TRUE(client.send({{"type", "session.characters.reload"}, {"directory", cast_path("alpha")}}));
  server().pool().wait_for_held(1);
  client.vanish();
  EXPECT_TRUE(eventually([&] { return server().session_count() == 0; }));  // it does not wait for the job
  server().pool().open_gate();
  EXPECT_TRUE(eventually([&] { return server().living_characters() == characters; }));
  Client next = connect();
  EXPECT_EQ(reload(next, cast_path("beta"))["type"], "session.characters.reloaded");
}

TEST_F(ServerTest, OtherSessionsAreAnsweredWhileReloadsAreHeld) {
  start();
  Client busy = connect();
  Client quiet = connect();
  list(busy);
  server().pool().shut_gate();
  ASSERT_TRUE(busy.send({{"type", "session.characters.reload"}, {"directory", cast_path("alpha")}}));
  server().pool().wait_for_held(1);
  EXPECT_EQ(list(quiet)["type"], "session.characters.listed");
  server().pool().open_gate();
  EXPECT_TRUE(busy.expect("{type: session.characters.reloaded}"));
}

TEST_F(ServerTest, ANewSessionTakesTheDefaultWithoutWaitingForThePool) {
  start();
  server().pool().shut_gate();
  Client client = connect();
  EXPECT_EQ(list(client)["directory"], UNMUTED_SOURCE_DIR "/characters");
  server().pool().open_gate();
}

TEST_F(ServerTest, SaysNoWhenItIsFull) {
  Config config = default_config();
  config.max_sessions = 1;
  start(std::move(config));
  Client first = connect();
  const auto second = Client::connect(harness->websocket_url());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("503"));
  first.close();
  ASSERT_TRUE(eventually([&] { return server().session_count() == 0; }));
  EXPECT_TRUE(Client::connect(harness->websocket_url()));
}

TEST_F(ServerTest, DrainsWithAWord) {
  start();
  Client a = connect();
  Client b = connect();
  list(a);
  auto drained = std::async(std::launch::async, [&] { server().drain(); });
  for (Client* client : {&a, &b}) {
    const auto closed = client->closed();
    ASSERT_TRUE(closed);
    EXPECT_EQ(closed->code, 1001);
  }
  drained.get();
  EXPECT_EQ(server().session_count(), 0U);
}

TEST_F(ServerTest, DrainsAlsoWhileAReloadIsHeld) {
  start();
  Client client = connect();
  list(client);
  server().pool().shut_gate();
  ASSERT_TRUE(client.send({{"type", "session.characters.reload"}, {"directory", "default"}}));
  server().pool().wait_for_held(1);
  auto drained = std::async(std::launch::async, [&] { server().drain(); });
  const auto closed = client.closed();
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code, 1001);
  server().pool().open_gate();
  drained.get();
}

TEST_F(ServerTest, AClientThatNoLongerAnswersIsGone) {
  Config config = default_config();
  config.ping_interval = 50ms;
  start(std::move(config));
  Client silent = connect();  // between calls nobody reads, so nobody answers a ping
  EXPECT_TRUE(eventually([&] { return server().session_count() == 0; }));
}

TEST_F(ServerTest, AClientThatAnswersPingsStays) {
  Config config = default_config();
  config.ping_interval = 50ms;
  start(std::move(config));
  Client patient = connect();
  EXPECT_FALSE(patient.next(500ms));  // reads, and so answers
  EXPECT_EQ(list(patient)["type"], "session.characters.listed");
}

TEST_F(ServerTest, AClientThatDoesNotReadIsClosed) {
  Config config = default_config();
  config.outbox_bytes = 16U << 10U;
  config.slow_reader = 100ms;
  std::ostringstream log;
  config.log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log));
  start(std::move(config));
  Client other = connect();
  // The answers fill the socket's buffers, then the outbox; then the server no longer reads from us.
  const DeafClient deaf(server().port());
  ASSERT_TRUE(eventually([&] { return server().session_count() == 2; }));
  while (server().session_count() == 2 && deaf.ask_for_the_list()) {
  }
  EXPECT_TRUE(eventually([&] { return server().session_count() == 1; }));
  EXPECT_EQ(list(other)["type"], "session.characters.listed");
  EXPECT_THAT(server().metrics_text(), HasSubstr("worker_force_disconnects_total 1\n"));
  harness.reset();
  EXPECT_THAT(log.str(), HasSubstr("closed reason=slow_reader"));
}

TEST_F(ServerTest, WhatWaitsForAllClientsHasABudget) {
  Config config = default_config();
  config.outbox_bytes = 1U << 30U;
  config.unread_events = 0;
  config.slow_reader = 100ms;
  start(std::move(config));
  Client other = connect();
  const DeafClient deaf(server().port());
  ASSERT_TRUE(eventually([&] { return server().session_count() == 2; }));
  while (server().session_count() == 2 && deaf.ask_for_the_list()) {
  }
  EXPECT_TRUE(eventually([&] { return server().session_count() == 1; }));
  EXPECT_EQ(list(other)["type"], "session.characters.listed");
}

TEST_F(ServerTest, ASessionInWhichNothingHappensIsClosedWhereTheOperatorSaysSo) {
  Config config = default_config();
  config.ping_interval = 20ms;  // the client answers, which is nothing
  config.idle_timeout = 300ms;
  std::ostringstream log;
  config.log =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log));
  start(std::move(config));
  Client client = connect();
  EXPECT_EQ(list(client)["type"], "session.characters.listed");
  const auto closed = client.closed();
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code, 1000);
  EXPECT_EQ(closed->reason, "nothing happened for too long");
  harness.reset();
  EXPECT_THAT(log.str(), HasSubstr("closed reason=idle"));
}

TEST_F(ServerTest, ReloadsItsDefaultForNewSessionsOnly) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(cast_path("alpha"), folder.path(), std::filesystem::copy_options::recursive);
  Config config = default_config();
  config.characters = folder.path();
  start(std::move(config));
  Client before = connect();
  const auto count = list(before)["character_count"].get<int>();
  folder.remove("charles.lua");
  ASSERT_TRUE(server().reload_default());
  Client after = connect();
  EXPECT_EQ(list(before)["character_count"], count);
  EXPECT_EQ(list(after)["character_count"], count - 1);
  std::filesystem::remove_all(folder.path());
  EXPECT_FALSE(server().reload_default());
  Client still = connect();
  EXPECT_EQ(list(still)["character_count"], count - 1);
}

TEST_F(ServerTest, ADefaultDirectoryWithNothingValidStartsAnEmptyCast) {
  Config config = default_config();
  config.characters = cast_path("wholly-broken");
  start(std::move(config));
  Client client = connect();
  EXPECT_EQ(list(client)["character_count"], 0);
  EXPECT_EQ(reload(client, cast_path("alpha"))["type"], "session.characters.reloaded");
}

TEST(Server, LoadsWithoutAPort) {
  Config config = default_config();
  config.address = "192.0.2.1";  // of no machine
  config.characters = cast_path("alpha");
  Server loaded(config);
  ASSERT_TRUE(loaded.load());
  EXPECT_EQ(loaded.port(), 0);
  EXPECT_EQ(loaded.default_cast()->directory(), cast_path("alpha"));
  const auto started = loaded.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, "invalid_address");
}

TEST(Server, StartsWithWhatWasLoaded) {
  Config config = default_config();
  config.port = 0;
  config.characters = cast_path("alpha");
  Server server(config);
  ASSERT_TRUE(server.load());
  const CharacterSetPtr cast = server.default_cast();
  ASSERT_TRUE(server.start());
  EXPECT_NE(server.port(), 0);
  EXPECT_EQ(server.default_cast(), cast);
}

TEST(Server, SaysWhatCannotBeLoaded) {
  Config missing;
  missing.characters = "/nowhere/at/all";
  EXPECT_EQ(Server(missing).load().error().code, "directory_not_found");
  Config page;
  page.allowed_origins = {"https://a.example/"};
  EXPECT_EQ(Server(page).load().error().code, "invalid_configuration");
}

TEST(Server, SaysWhyItCannotStart) {
  Config missing;
  missing.port = 0;
  missing.characters = "/nowhere/at/all";
  const auto no_directory = Server(missing).start();
  ASSERT_FALSE(no_directory);
  EXPECT_EQ(no_directory.error().code, "directory_not_found");

  Server first([] {
    Config config = default_config();
    config.port = 0;
    return config;
  }());
  ASSERT_TRUE(first.start());
  Config taken = default_config();
  taken.port = first.port();
  const auto in_use = Server(taken).start();
  ASSERT_FALSE(in_use);
  EXPECT_EQ(in_use.error().code, "address_in_use");

  Config elsewhere = default_config();
  elsewhere.address = "not an address";
  const auto invalid = Server(elsewhere).start();
  ASSERT_FALSE(invalid);
  EXPECT_EQ(invalid.error().code, "invalid_address");
}

TEST(Server, SeveralLiveInOneProcess) {
  Config alpha = default_config();
  alpha.characters = cast_path("alpha");
  Config beta = default_config();
  beta.characters = cast_path("beta");
  auto first = InProcessServer::start(alpha);
  auto second = InProcessServer::start(beta);
  ASSERT_TRUE(first && second);
  auto a = Client::connect(first->websocket_url());
  auto b = Client::connect(second->websocket_url());
  ASSERT_TRUE(a && b);
  const Json question{{"type", "session.characters.list"}};
  ASSERT_TRUE(a->send(question));
  ASSERT_TRUE(b->send(question));
  EXPECT_EQ((*a->next())["directory"], cast_path("alpha"));
  EXPECT_EQ((*b->next())["directory"], cast_path("beta"));
  EXPECT_THAT(first->server().metrics_text(), HasSubstr("\nworker_sessions_total 1\n"));
}

TEST(Server, EndsWithSessionsOpenAndReloadsUnderWay) {
  auto harness = InProcessServer::start(default_config());
  ASSERT_TRUE(harness);
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) {
    auto client = Client::connect(harness->websocket_url());
    ASSERT_TRUE(client);
    ASSERT_TRUE(
        client->send({{"type", "session.characters.reload"}, {"directory", cast_path("partly-broken")}}));
    clients.push_back(std::move(*client));
  }
  harness = InProcessServer::start(default_config());  // the first one is destroyed
  for (auto& client : clients) {
    EXPECT_TRUE(client.closed());
  }
}

}  // namespace
}  // namespace unmuted
