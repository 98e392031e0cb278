#include "probe/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/in_process_server.hpp"

namespace unmuted::probe {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

InProcessServer serve() {
  Config config;
  config.characters = UNMUTED_SOURCE_DIR "/tests/casts/alpha";
  return InProcessServer::start(std::move(config)).value();
}

TEST(Client, SendsAndReceives) {
  const InProcessServer server = serve();
  Client client = Client::connect(server.websocket_url()).value();
  ASSERT_TRUE(client.send({{"type", "session.characters.list"}, {"event_id", "q"}}));
  const auto listed = client.next();
  ASSERT_TRUE(listed);
  EXPECT_EQ((*listed)["request_id"], "q");
  EXPECT_EQ(client.next(1ms), std::nullopt);
}

TEST(Client, AnExpectationPassesOthersOver) {
  const InProcessServer server = serve();
  Client client = Client::connect(server.websocket_url()).value();
  ASSERT_TRUE(client.send_text("nonsense"));
  ASSERT_TRUE(client.send({{"type", "session.characters.list"}}));
  EXPECT_TRUE(client.expect("{type: session.characters.listed, character_count: 2}"));
  EXPECT_EQ((*client.next())["type"], "error");
  ASSERT_TRUE(client.send({{"type", "session.characters.list"}}));
  const auto missing = client.expect("{type: no.such}", 100ms);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("session.characters.listed"));
}

TEST(Client, ClosesInOrder) {
  const InProcessServer server = serve();
  Client client = Client::connect(server.websocket_url()).value();
  const auto closed = client.close();
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code, 1000);
  const auto sent = client.send({{"type", "x"}});
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, "connection_closed");
}

TEST(Client, SeesTheEndOfTheServer) {
  auto server = std::make_unique<InProcessServer>(serve());
  Client client = Client::connect(server->websocket_url()).value();
  server.reset();
  EXPECT_TRUE(client.closed());
}

TEST(Client, CannotConnectToNobody) {
  std::string url;
  {
    const InProcessServer server = serve();
    url = server.websocket_url();
  }
  const auto client = Client::connect(url);
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, "connect_failed");
}

TEST(InProcessServer, SaysWhyItDoesNotStart) {
  Config config;
  config.characters = "/nowhere/at/all";
  const auto server = InProcessServer::start(std::move(config));
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, "directory_not_found");
}

}  // namespace
}  // namespace unmuted::probe
