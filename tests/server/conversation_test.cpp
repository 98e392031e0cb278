// Conversations through real sockets on both sides: a user's, and a language model's that waits at gates.
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/client.hpp"
#include "probe/in_process_server.hpp"
#include "support/model_server.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted {
namespace {

using probe::Client;
using probe::InProcessServer;
using probe::Json;
using test::Behaviour;
using test::finish;
using test::gate;
using test::text;

class ConversationTest : public testing::Test {
 protected:
  ConversationTest() {
    for (const std::string cast : {"land", "sea"}) {
      folder.write(cast + "/ann.lua",
                   "return {name = 'Ann', voice = {source_type = 'file', path_on_server = 'voices/" + cast +
                       ".wav'}, instructions = {text = 'Be of the " + cast + ".', language = 'en'}}");
    }
    Config config;
    config.characters = folder.path("land");
    config.threads = 2;
    config.llm_url = model.url();
    config.llm_model = "test-model";
    auto started = InProcessServer::start(std::move(config));
    EXPECT_TRUE(started) << started.error().message;
    harness.emplace(std::move(*started));
  }

  Client connect() {
    auto client = Client::connect(harness->websocket_url());
    EXPECT_TRUE(client) << client.error().message;
    return std::move(*client);
  }
  static void select(Client& client) {
    EXPECT_TRUE(client.send({{"type", "session.update"}, {"session", {{"voice", "Ann"}}}}));
  }
  void reload(Client& client, const std::string& cast) const {
    EXPECT_TRUE(client.send({{"type", "session.characters.reload"}, {"directory", folder.path(cast)}}));
  }
  static Json expect(Client& client, const std::string& pattern) {
    auto event = client.expect(pattern);
    EXPECT_TRUE(event) << event.error().message;
    return event ? *event : Json();
  }
  [[nodiscard]] std::string prompt(std::size_t request) const {
    return model.requests().at(request).body["messages"][0]["content"];
  }

  const test::TemporaryFolder folder;
  test::ModelServer model;
  std::optional<InProcessServer> harness;
};

TEST_F(ConversationTest, EachSessionIsAnsweredWhatItsOwnCharacterSays) {
  Client a = connect();
  Client b = connect();
  reload(b, "sea");
  expect(b, "{type: session.characters.reloaded}");
  model.reply({text("The land "), gate(), text("speaks."), finish()});
  select(a);
  expect(a, "{type: response.text.delta, delta: land}");
  model.reply({text("The sea "), gate(), text("speaks."), finish()});
  select(b);
  expect(b, "{type: response.text.delta, delta: sea}");
  model.release();
  model.release();
  expect(a, "{type: response.text.done, text: The land speaks.}");
  expect(b, "{type: response.text.done, text: The sea speaks.}");
  EXPECT_THAT(prompt(0), testing::HasSubstr("Be of the land."));
  EXPECT_THAT(prompt(1), testing::HasSubstr("Be of the sea."));
}

TEST_F(ConversationTest, AReloadWhileTheModelConnectsEndsTheReply) {
  Client a = connect();
  model.behave(Behaviour::hang, 1);
  select(a);
  ASSERT_TRUE(model.wait_for_requests(1));
  reload(a, "sea");
  expect(a, "{type: response.text.done, text: ''}");
  expect(a, "{type: response.audio.done}");
  expect(a, "{type: session.characters.reloaded}");
  EXPECT_TRUE(model.wait_for_abandoned(1));
  select(a);
  expect(a, "{type: session.updated, session.voice: voices/sea.wav}");
  expect(a, "{type: response.text.done, text: 'You said: Hello.'}");
}

TEST_F(ConversationTest, AReloadWhileTheModelWritesEndsTheReplyWithWhatWasSaid) {
  Client a = connect();
  model.reply({text("One two three"), gate(), finish()});
  select(a);
  expect(a, "{type: response.text.delta, delta: two}");
  reload(a, "sea");
  expect(a, "{type: response.text.done, text: One two}");
  expect(a, "{type: response.audio.done}");
  expect(a, "{type: session.characters.reloaded}");
  EXPECT_TRUE(model.wait_for_abandoned(1));
  select(a);
  expect(a, "{type: response.text.done, text: 'You said: Hello.'}");
}

TEST_F(ConversationTest, AUserWhoVanishesTakesTheModelsWorkAlong) {
  Client a = connect();
  model.reply({text("One two three"), gate(), finish()});
  select(a);
  expect(a, "{type: response.text.delta, delta: two}");
  a.vanish();
  EXPECT_TRUE(model.wait_for_abandoned(1));
}

TEST_F(ConversationTest, AModelThatIsStartedAgainIsFoundByTheNextTurn) {
  Client a = connect();
  model.behave(Behaviour::refuse);
  select(a);
  expect(a, "{type: error, error.type: warning, error.code: service_unavailable}");
  expect(a, "{type: response.audio.done}");
  model.behave(Behaviour::fine);
  EXPECT_TRUE(a.send({{"type", "response.create"}}));
  expect(a, "{type: response.text.done, text: {contains: 'You said'}}");
}

TEST_F(ConversationTest, AFrameThatIsNotUtf8IsNoWebSocketTextAndEndsTheConnection) {
  Client a = connect();
  EXPECT_TRUE(a.send_text("{\"type\":\"conversation.item.create\",\"item\":\"\xff\"}"));
  const auto closed = a.closed();
  ASSERT_TRUE(closed);
  EXPECT_EQ(closed->code, 1007);  // as RFC 6455 demands, before the session sees it
}

}  // namespace
}  // namespace unmuted
