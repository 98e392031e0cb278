#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "audio/pcm.hpp"
#include "audio/sound_form.hpp"
#include "core/base64.hpp"
#include "events/realtime/dialect.hpp"
#include "session/dialogue_fixture.hpp"
#include "support/fake_hearing.hpp"
#include "support/fake_model.hpp"
#include "support/fake_speech.hpp"
#include "support/realtime_rules.hpp"
#include "support/room.hpp"

namespace unmuted::test {

/// A session of a client of OpenAI's Realtime API. All that is told is held to the rules of its clients.
class RealtimeFixture : public DialogueFixture {
 protected:
  RealtimeFixture() {
    make_dialect = [this] { return events::realtime_dialect(options); };
    auto made = std::make_unique<fake::FakeModel>();
    model = made.get();
    host.use(std::unique_ptr<LanguageModel>(std::move(made)));
  }
  ~RealtimeFixture() override {
    host.pool.open_gate();
    if (session) session->end();
    while (session && !told.empty()) next();
  }

  // ---- What the server has.

  void listen(bool hears_everything = false) {
    auto made = std::make_unique<fake::FakeHearing>(hears_everything);
    hearing = made.get();
    host.use(std::unique_ptr<SpeechToText>(std::move(made)));
  }
  void speak_aloud(std::size_t samples_a_word = 2'400) {
    auto made = std::make_unique<fake::FakeSpeech>();
    made->speaks(samples_a_word);
    host.use(std::unique_ptr<TextToSpeech>(std::move(made)));
  }
  void begin(const std::string& more = "") {
    cast.write("ann.lua", character("Ann", "good = true, " + more,
                                    more.find("count") == std::string::npos ? "" : "local score = 0"));
    open();
    until("session.created");
  }

  // ---- What the client does.

  json update(const json& session_object) {
    send({{"type", "session.update"}, {"event_id", "update"}, {"session", session_object}});
    return until("session.updated").back()["session"];
  }
  json add(const json& item, const json& previous = nullptr) {
    send({{"type", "conversation.item.create"},
          {"event_id", "add"},
          {"item", item},
          {"previous_item_id", previous}});
    return until("conversation.item.done").back()["item"];
  }
  json write(const std::string& text, const std::string& role = "user") {
    const json part{{"type", role == "assistant" ? "output_text" : "input_text"}, {"text", text}};
    return add({{"type", "message"}, {"role", role}, {"content", json::array({part})}});
  }
  void respond(const json& response = json::object()) {
    send({{"type", "response.create"}, {"event_id", "respond"}, {"response", response}});
  }
  json retrieve(const std::string& id) {
    send({{"type", "conversation.item.retrieve"}, {"item_id", id}, {"event_id", "retrieve"}});
    return until("conversation.item.retrieved").back()["item"];
  }
  /// Sends sound in pieces of 40 ms.
  void sound(const Room& room, audio::SoundForm form = audio::SoundForm::pcm16) {
    audio::PlainSoundWriter writer(form);
    const audio::Samples& all = room.samples();
    for (std::size_t at = 0; at < all.size(); at += 960) {
      const std::span<const float> piece(&all[at], std::min<std::size_t>(960, all.size() - at));
      send({{"type", "input_audio_buffer.append"}, {"audio", base64_encode(writer.write(piece))}});
    }
  }

  // ---- What it sees.

  json next() {
    run_until([&] { return !told.empty(); });
    if (told.empty()) return {{"type", "nothing"}};
    json event = std::move(told.front());
    told.erase(told.begin());
    EXPECT_THAT(rules.check(event), testing::IsEmpty()) << event;
    return event;
  }
  std::vector<json> until(const std::string& type) {
    std::vector<json> seen;
    do {
      seen.push_back(next());
    } while (seen.back()["type"] != type && seen.back()["type"] != "nothing" && !HasFailure());
    EXPECT_EQ(seen.back()["type"], type);
    return seen;
  }
  /// The next reply, to its end.
  json response() { return until("response.done").back()["response"]; }
  json error() { return until("error").back()["error"]; }
  /// What the session says is all said.
  void expect_nothing_more() {
    send({{"type", "session.characters.list"}});
    EXPECT_EQ(next()["type"], "session.characters.listed");
  }

  [[nodiscard]] std::vector<std::string> asked(std::size_t request) const {
    std::vector<std::string> lines;
    for (const json& message : model->requests().at(request)["messages"]) {
      std::string line = message["role"].get<std::string>() + ": ";
      if (message["content"].is_string()) line += message["content"].get<std::string>();
      for (const json& call : message.value("tool_calls", json::array()))
        line += "[" + call["function"]["name"].get<std::string>() +
                call["function"]["arguments"].get<std::string>() + "]";
      lines.push_back(std::move(line));
    }
    return lines;
  }
  [[nodiscard]] std::vector<std::string> tools_asked(std::size_t request) const {
    std::vector<std::string> names;
    for (const json& tool : model->requests().at(request).value("tools", json::array()))
      names.push_back(tool["function"]["name"]);
    return names;
  }

  events::RealtimeOptions options;
  RealtimeRules rules;
  fake::FakeModel* model = nullptr;  ///< the host's, like the next
  fake::FakeHearing* hearing = nullptr;
};

/// Without deltas, which come often.
inline std::vector<std::string> steps_of(const std::vector<nlohmann::json>& events) {
  std::vector<std::string> types = types_of(events);
  std::erase_if(types, [](const std::string& type) {
    return type.starts_with("response.") && type.ends_with(".delta");
  });
  return types;
}

/// The text of a message's first part.
inline std::string text_of(const nlohmann::json& item) {
  const nlohmann::json& part = item.at("content").at(0);
  return part.contains("text") ? part.at("text") : part.at("transcript");
}

}  // namespace unmuted::test
