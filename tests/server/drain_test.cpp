// The end of a server: what its clients and its operator see of it.
#include <chrono>
#include <future>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "support/model_server.hpp"
#include "support/raw_connection.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using probe::Client;
using probe::InProcessServer;
using probe::Json;
using test::Behaviour;
using test::finish;
using test::gate;
using test::text;
using testing::HasSubstr;
using testing::StartsWith;

class DrainTest : public testing::Test {
 protected:
  DrainTest() {
    folder.write("ann.lua",
                 "return {name = 'Ann', voice = {source_type = 'file', path_on_server = 'v.wav'},"
                 "instructions = {text = 'Be Ann.', language = 'en'}}");
  }

  void start(std::chrono::milliseconds drain_timeout) {
    Config config;
    config.characters = folder.path();
    config.threads = 2;
    config.drain_timeout = drain_timeout;
    config.llm_url = model.url();
    config.llm_model = "test-model";
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
  std::future<bool> drain(std::chrono::milliseconds lame_duck = {}) {
    return std::async(std::launch::async, [this, lame_duck] { return server().drain(lame_duck); });
  }
  static void select(Client& client) {
    EXPECT_TRUE(client.send({{"type", "session.update"}, {"session", {{"voice", "Ann"}}}}));
  }
  static void expect(Client& client, const std::string& pattern) {
    const auto event = client.expect(pattern);
    EXPECT_TRUE(event) << event.error().message;
  }

  const test::TemporaryFolder folder;
  test::ModelServer model;
  std::optional<InProcessServer> harness;
};

TEST_F(DrainTest, AReplyUnderWayEndsByItself) {
  start(60s);
  Client talking = connect();
  Client idle = connect();
  model.reply({text("One two"), gate(), text(" three."), finish()});
  select(talking);
  expect(talking, "{type: response.text.delta, delta: One}");
  auto drained = drain();
  EXPECT_EQ(idle.closed()->code, 1001);  // so the other one has been told as well
  model.release();
  expect(talking, "{type: response.text.done, text: One two three.}");
  expect(talking, "{type: response.audio.done}");
  expect(talking, "{type: unmute.additional_outputs}");
  EXPECT_EQ(talking.closed()->code, 1001);
  EXPECT_TRUE(drained.get());
}

TEST_F(DrainTest, AReplyThatTakesTooLongIsEndedInOrder) {
  start(500ms);
  Client client = connect();
  model.reply({text("One two"), gate(), text(" three."), finish()});
  select(client);
  expect(client, "{type: response.text.delta, delta: One}");
  EXPECT_TRUE(drain().get());
  expect(client, "{type: response.text.done, text: One}");
  expect(client, "{type: response.audio.done}");
  EXPECT_EQ(client.closed()->code, 1001);
  EXPECT_TRUE(model.wait_for_abandoned(1));
}

TEST_F(DrainTest, AReplyThatTheUserCutsShortIsTheLast) {
  start(60s);
  Client client = connect();
  Client idle = connect();
  model.reply({text("One two"), gate(), text(" three."), finish()});
  select(client);
  expect(client, "{type: response.text.delta, delta: One}");
  auto drained = drain();
  EXPECT_EQ(idle.closed()->code, 1001);
  EXPECT_TRUE(client.send({{"type", "response.cancel"}}));
  expect(client, "{type: response.text.done}");
  expect(client, "{type: response.audio.done}");
  EXPECT_EQ(client.closed()->code, 1001);
  EXPECT_TRUE(drained.get());
}

TEST_F(DrainTest, TheListenerSaysNoUntilTheEnd) {
  start(60s);
  auto drained = drain(2s);  // nobody is here, and it listens on all the same
  std::string answer;
  do {
    answer = test::raw_exchange(server().port(), "GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
  } while (answer.find("HTTP/1.1 200") == 0);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("shutting down"));
  EXPECT_TRUE(drained.get());
}

TEST_F(DrainTest, AJobThatDoesNotEndDoesNotHoldUpTheEnd) {
  start(1s);
  Client client = connect();
  WorkerPool::Share stranger(server().pool(), WorkerPool::Lane::loads);
  std::promise<void> begun, end;
  ASSERT_TRUE(stranger.submit([&] {  // a directory of a file system that hangs
    begun.set_value();
    end.get_future().wait();
  }));
  begun.get_future().wait();
  EXPECT_FALSE(drain().get());
  EXPECT_EQ(client.closed()->code, 1001);
  end.set_value();
}

TEST_F(DrainTest, AClientThatDoesNotAnswerIsCut) {
  start(300ms);
  test::RawConnection mute(server().port());
  mute.send(
      "GET /v1/realtime HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
  EXPECT_THAT(mute.until("\r\n\r\n"), StartsWith("HTTP/1.1 101"));
  EXPECT_TRUE(drain().get());
  mute.rest();  // it comes to an end
}

}  // namespace
}  // namespace unmuted
