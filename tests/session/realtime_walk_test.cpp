// Clients of OpenAI's Realtime API that do anything in any order: whatever happens, all that is told keeps
// the rules of clients, every response that is begun is done, and each request is answered.
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session/realtime_fixture.hpp"

namespace unmuted {
namespace {

using nlohmann::json;
namespace fake = test::fake;

class RealtimeWalkTest : public test::RealtimeFixture, public testing::WithParamInterface<unsigned> {
 protected:
  std::size_t dice(std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  }
  bool chance(std::size_t one_in) { return dice(one_in) == 0; }

  /// Of an item that is there, or was, or never was.
  std::string some_id() {
    if (ids.empty() || chance(10)) return "nobody";
    return ids[dice(ids.size())];
  }
  json some_message() {
    static const std::vector<std::string> roles{"user", "assistant", "system"};
    const std::string role = roles[dice(roles.size())];
    const json part{{"type", role == "assistant" ? "output_text" : "input_text"},
                    {"text", "Word of " + role}};
    return {
        {"type", "message"}, {"role", role}, {"content", chance(8) ? json::array() : json::array({part})}};
  }
  json some_response() {
    json response = json::object();
    if (chance(3)) response["output_modalities"] = {"text"};
    if (chance(4)) response["conversation"] = "none";
    if (chance(4)) response["metadata"] = {{"n", dice(100)}};
    if (chance(4)) response["instructions"] = "Be brief.";
    if (response.contains("conversation") && chance(2))
      response["input"] = json::array({some_message(), {{"type", "item_reference"}, {"id", some_id()}}});
    return response;
  }
  fake::Script some_reply() {
    fake::Script script;
    for (std::size_t i = dice(4); i > 0; --i) script.push_back(fake::text("some words of a reply "));
    if (chance(3)) script.push_back(fake::gate());
    if (chance(3)) script.push_back(fake::call("c", chance(2) ? "roll" : "count", "{}"));
    if (chance(8)) {
      script.push_back(ReplyEvent(ReplyFailed{{"service_unavailable", "It is gone", ""}}));
    } else {
      script.push_back(fake::finish(chance(6) ? "length" : "stop"));
    }
    return script;
  }

  void act() {
    switch (dice(13)) {
      case 0:
      case 1:
        model->reply(some_reply());
        return send({{"type", "response.create"}, {"response", some_response()}});
      case 2:
        return send({{"type", "response.cancel"}});
      case 3:
      case 4: {
        json event{{"type", "conversation.item.create"}, {"item", some_message()}};
        if (chance(3)) event["previous_item_id"] = chance(3) ? "root" : some_id();
        return send(event);
      }
      case 5:
        return send({{"type", "conversation.item.retrieve"}, {"item_id", some_id()}});
      case 6:
        return send({{"type", "conversation.item.delete"}, {"item_id", some_id()}});
      case 7:
        return send({{"type", "conversation.item.truncate"},
                     {"item_id", some_id()},
                     {"content_index", 0},
                     {"audio_end_ms", dice(2'000)}});
      case 8: {
        if (calls.empty()) return model->release();
        const json item{
            {"type", "function_call_output"}, {"call_id", calls[dice(calls.size())]}, {"output", "4"}};
        return send({{"type", "conversation.item.create"}, {"item", item}});
      }
      case 9:
        return some_update();
      case 10:
        sound(test::Room().quiet(100).voice(400).quiet(chance(2) ? 700 : 40));
        return send({{"type", chance(2) ? "input_audio_buffer.commit" : "input_audio_buffer.clear"}});
      case 11:
        return hear_something();
      default:
        return take_what_was_told();
    }
  }
  void some_update() {
    json wanted = json::object();
    if (chance(2)) wanted["audio"]["input"]["turn_detection"] = nullptr;
    if (chance(3))
      wanted["audio"]["input"]["turn_detection"] = {{"type", "server_vad"},
                                                    {"interrupt_response", chance(2)}};
    if (chance(3)) wanted["output_modalities"] = {chance(2) ? "text" : "audio"};
    if (chance(4)) wanted["audio"]["output"]["voice"] = chance(2) ? "Ann" : "Ben";
    if (chance(2)) wanted["tools"] = json::array({{{"type", "function"}, {"name", "roll"}}});
    send({{"type", "session.update"}, {"session", wanted}});
  }
  void hear_something() {
    if (hearing->streams() == 0) return;
    fake::FakeEar& ear = hearing->stream(hearing->streams() - 1);
    if (chance(2)) ear.word("word");
    if (!ear.ends.empty()) ear.heard();
  }
  void take_what_was_told() {
    while (!told.empty()) note(next());
  }
  void note(const json& event) {
    if (event["type"] == "conversation.item.added") {
      ids.push_back(event["item"]["id"]);
      if (event["item"]["type"] == "function_call") calls.push_back(event["item"]["call_id"]);
    }
  }

  std::mt19937 random{GetParam()};
  std::vector<std::string> ids, calls;
};

TEST_P(RealtimeWalkTest, KeepsTheRulesOfClients) {
  listen(chance(2));
  if (chance(2)) speak_aloud(240);
  cast.write("ben.lua", test::character("Ben", test::counting, "local score = 0"));
  begin();
  for (int i = 0; i < 120 && !HasFailure(); ++i) {
    act();
    for (std::size_t turn = dice(6); turn > 0; --turn) {
      io.restart();
      io.poll_one();
    }
  }
  for (int i = 0; i < 200; ++i) model->release();
  // What is behind everything is answered when everything is.
  send({{"type", "session.characters.list"}, {"event_id", "last"}});
  json event;
  do {
    event = next();
    note(event);
  } while (event.value("request_id", json()) != "last" && !HasFailure());
  session->end_reply_and_close({1000, "enough"});
  run_until([&] { return close_frame.has_value(); });
  take_what_was_told();
  EXPECT_THAT(rules.finish(), testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, RealtimeWalkTest, testing::Range(1U, 41U));

}  // namespace
}  // namespace unmuted
