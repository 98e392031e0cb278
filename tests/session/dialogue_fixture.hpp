#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "session/session_fixture.hpp"
#include "support/temporary_folder.hpp"

namespace unmuted::test {

using nlohmann::json;

/// A character file. `more` are further members of its table, `before` stands in front of it.
inline std::string character(const std::string& name, const std::string& more = "",
                             const std::string& before = "") {
  return before + "\nreturn {name = '" + name +
         "', voice = {source_type = 'file', path_on_server = 'voices/" + name +
         ".wav'}, instructions = {text = 'Be " + name + ".', language = 'en'},\n" + more + "}";
}

/// Counts in `score` how often it was called.
inline const std::string counting = R"(tools = {
  {name = "count", description = "Counts", run = function() score = score + 1; return score end},
  {name = "add", description = "Adds", run = function(args) score = score + args.n; return {sum = score} end,
   parameters = {type = "object", properties = {n = {type = "integer"}}, required = {"n"}}},
  {name = "loop", description = "Loops", run = function() while true do end end},
  {name = "raise", description = "Raises", run = function() error("no luck") end},
})";

inline std::vector<std::string> types_of(const std::vector<json>& events) {
  std::vector<std::string> types;
  for (const json& event : events) types.push_back(event["type"]);
  return types;
}

/// The messages of a request or of a chat history, one line each.
inline std::vector<std::string> lines_of(const json& messages) {
  std::vector<std::string> lines;
  for (const json& message : messages) {
    lines.push_back(message["role"].get<std::string>() + ": " + message["content"].get<std::string>());
  }
  return lines;
}

inline std::size_t count_of(const std::vector<json>& events, const std::string& type) {
  const auto is = [&](const json& event) { return event["type"] == type; };
  return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), is));
}

inline json first_of(const std::vector<json>& events, const std::string& type) {
  for (const json& event : events) {
    if (event["type"] == type) return event;
  }
  ADD_FAILURE() << "there is no " << type;
  return {};
}

/// Conversations of one session, as its client has them.
class DialogueFixture : public SessionFixture {
 protected:
  /// A session whose cast is what was written to `cast`.
  void open(Peer peer = {}) {
    host.default_cast.replace(*host.loader.load(cast.path()));
    SessionFixture::open(peer);
  }

  // ---- What it does.

  void select(const std::string& voice) {
    send({{"type", "session.update"}, {"session", {{"voice", voice}}}});
  }
  void say(const std::string& words) {
    const json content = {{"type", "input_text"}, {"text", words}};
    send({{"type", "conversation.item.create"},
          {"item", {{"type", "message"}, {"role", "user"}, {"content", json::array({content})}}}});
  }
  void request_reply() { send({{"type", "response.create"}, {"event_id", "reply"}}); }
  void cancel() { send({{"type", "response.cancel"}, {"event_id", "cancel"}}); }
  void reload() { send({{"type", "session.characters.reload"}, {"directory", cast.path()}}); }

  // ---- What it sees.

  json next() {
    run_until([&] { return !told.empty(); });
    if (told.empty()) return {{"type", "nothing"}};
    json event = std::move(told.front());
    told.erase(told.begin());
    for (const json& history : {event.value("/response/chat_history"_json_pointer, json::array()),
                                event.value("/args/chat_history"_json_pointer, json::array())}) {
      for (const json& message : history) EXPECT_NE(message["role"], "system") << event;
    }
    return event;
  }
  /// All events up to the first of this type.
  std::vector<json> until(const std::string& type) {
    std::vector<json> seen;
    do {
      seen.push_back(next());
    } while (seen.back()["type"] != type && seen.back()["type"] != "nothing" && !HasFailure());
    EXPECT_EQ(seen.back()["type"], type);
    return seen;
  }
  /// The rest of a reply.
  std::vector<json> reply() { return until("unmute.additional_outputs"); }
  /// What was said in a reply, to its end.
  std::string said() { return first_of(reply(), "response.text.done")["text"]; }
  std::string ask(const std::string& words) {
    say(words);
    request_reply();
    return said();
  }
  /// Selects, and waits for the end of what the character says first.
  std::string begin_with(const std::string& voice) {
    select(voice);
    return said();
  }

  TemporaryFolder cast;
};

}  // namespace unmuted::test
