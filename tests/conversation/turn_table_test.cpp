// Every state with every input: what the conversation wants done and which state follows stands in
// turn_table.txt, a row for each pair.

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "conversation/conversation.hpp"
#include "describe.hpp"

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using events::Failure;

constexpr TurnId before{1};   ///< a reply that was cancelled while a tool of it ran
constexpr TurnId present{2};  ///< the reply that goes on, if one does

Failure model_gone(Failure::Kind kind) {
  return {kind, "model", "gone"};
}
Failure ears_gone(Failure::Kind kind) {
  return {kind, "ears", "gone"};
}

std::vector<ToolCall> a_call() {
  return {{"", "clock", "{}"}};
}

/// Brings a new conversation to where a row begins.
using Situation = std::function<void(Conversation&)>;

void had_a_reply(Conversation& c) {
  (void)c.start();
  (void)c.model_finished(before, {.calls = a_call()});
  (void)c.cancel_requested();
}

void replies(Conversation& c) {
  had_a_reply(c);
  (void)c.reply_requested();
}

void said(Conversation& c, std::string_view text) {
  replies(c);
  (void)c.model_text(present, text);
}

const std::vector<std::pair<std::string, Situation>>& situations() {
  static const std::vector<std::pair<std::string, Situation>> all{
      // waiting_for_user
      {"new", [](Conversation&) {}},
      {"waiting", had_a_reply},
      // user_speaking
      {"noise",
       [](Conversation& c) {
         had_a_reply(c);
         (void)c.user_speech_started();
       }},
      {"words",
       [](Conversation& c) {
         had_a_reply(c);
         (void)c.user_word("good", 1);
       }},
      // bot_speaking, the text is coming
      {"asked", replies},
      {"ready", [](Conversation& c) { said(c, "One two "); }},
      {"heard",
       [](Conversation& c) {
         said(c, "One ");
         (void)c.word_spoken(present);
       }},
      // bot_speaking, waiting for a tool
      {"calling",
       [](Conversation& c) {
         said(c, "One ");
         (void)c.model_finished(present, {.calls = a_call()});
       }},
      // bot_speaking, the text is complete
      {"complete",
       [](Conversation& c) {
         said(c, "One two");
         (void)c.model_finished(present, {});
       }},
      {"spoken",
       [](Conversation& c) {
         said(c, "One");
         (void)c.model_finished(present, {});
         (void)c.word_spoken(present);
       }},
      {"farewell",
       [](Conversation& c) {
         said(c, "Bye!");
         (void)c.model_finished(present, {});
         (void)c.word_spoken(present);
       }},
      // ended
      {"ended",
       [](Conversation& c) {
         had_a_reply(c);
         (void)c.end();
       }},
  };
  return all;
}

using Input = std::function<Actions(Conversation&)>;

const std::vector<std::pair<std::string, Input>>& inputs() {
  static const std::vector<std::pair<std::string, Input>> all{
      {"start", [](Conversation& c) { return c.start(); }},
      {"end", [](Conversation& c) { return c.end(); }},
      {"user_wrote", [](Conversation& c) { return c.user_wrote("Hi"); }},
      {"user_wrote blank", [](Conversation& c) { return c.user_wrote(" "); }},
      {"reply_requested", [](Conversation& c) { return c.reply_requested(); }},
      {"cancel_requested", [](Conversation& c) { return c.cancel_requested(); }},
      {"user_speech_started", [](Conversation& c) { return c.user_speech_started(); }},
      {"user_word", [](Conversation& c) { return c.user_word("well", 2); }},
      {"user_word blank", [](Conversation& c) { return c.user_word(" ", 2); }},
      {"user_paused", [](Conversation& c) { return c.user_paused(); }},
      {"audio_received 1 s", [](Conversation& c) { return c.audio_received(1s); }},
      {"audio_received 7 s", [](Conversation& c) { return c.audio_received(7s); }},
      {"model_text", [](Conversation& c) { return c.model_text(present, "Three "); }},
      {"model_text before", [](Conversation& c) { return c.model_text(before, "Three "); }},
      {"model_began_afresh", [](Conversation& c) { return c.model_began_afresh(present); }},
      {"model_began_afresh before", [](Conversation& c) { return c.model_began_afresh(before); }},
      {"model_finished", [](Conversation& c) { return c.model_finished(present, {}); }},
      {"model_finished calls",
       [](Conversation& c) { return c.model_finished(present, {.calls = a_call()}); }},
      {"model_finished close", [](Conversation& c) { return c.model_finished(present, {.close = true}); }},
      {"model_finished reason",
       [](Conversation& c) { return c.model_finished(present, {.reason = "length"}); }},
      {"model_finished before", [](Conversation& c) { return c.model_finished(before, {}); }},
      {"tool_returned", [](Conversation& c) { return c.tool_returned(present, 0, "noon"); }},
      {"tool_returned unknown", [](Conversation& c) { return c.tool_returned(present, 1, "noon"); }},
      {"tool_returned before", [](Conversation& c) { return c.tool_returned(before, 0, "noon"); }},
      {"word_spoken", [](Conversation& c) { return c.word_spoken(present); }},
      {"word_spoken before", [](Conversation& c) { return c.word_spoken(before); }},
      {"utterance_ended", [](Conversation& c) { return c.utterance_ended(present); }},
      {"utterance_ended before", [](Conversation& c) { return c.utterance_ended(before); }},
      {"reply_failed",
       [](Conversation& c) { return c.reply_failed(present, model_gone(Failure::Kind::warning)); }},
      {"reply_failed fatal",
       [](Conversation& c) { return c.reply_failed(present, model_gone(Failure::Kind::fatal)); }},
      {"reply_failed before",
       [](Conversation& c) { return c.reply_failed(before, model_gone(Failure::Kind::fatal)); }},
      {"listening_failed",
       [](Conversation& c) { return c.listening_failed(ears_gone(Failure::Kind::warning)); }},
      {"listening_failed fatal",
       [](Conversation& c) { return c.listening_failed(ears_gone(Failure::Kind::fatal)); }},
  };
  return all;
}

std::string name_of(Conversation::State state) {
  switch (state) {
    case Conversation::State::waiting_for_user:
      return "waiting_for_user";
    case Conversation::State::user_speaking:
      return "user_speaking";
    case Conversation::State::bot_speaking:
      return "bot_speaking";
    case Conversation::State::ended:
      return "ended";
  }
  return "?";
}

std::string trimmed(const std::string& cell) {
  const auto begin = cell.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return cell.substr(begin, cell.find_last_not_of(' ') + 1 - begin);
}

using Pair = std::pair<std::string, std::string>;  // situation, input

/// What follows, "state: action; action", by the situation and the input.
std::map<Pair, std::string> read_table() {
  std::ifstream file(UNMUTED_SOURCE_DIR "/tests/conversation/turn_table.txt");
  EXPECT_TRUE(file) << "there is no table";
  std::map<Pair, std::string> table;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with("#")) continue;
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, '|');) cells.push_back(trimmed(cell));
    cells.resize(4);
    const bool is_first = table.emplace(Pair{cells[0], cells[1]}, cells[2] + " | " + cells[3]).second;
    EXPECT_TRUE(is_first) << "there are two rows of " << line;
  }
  return table;
}

std::string play(const Situation& situation, const Input& input) {
  ConversationSetup setup;
  setup.system_prompt = "Be kind.";
  setup.has_tools = true;
  Conversation conversation(std::move(setup));
  situation(conversation);
  const Actions actions = input(conversation);
  std::string line = name_of(conversation.state()) + " |";
  for (const Action& action : actions) line += (line.ends_with('|') ? " " : "; ") + describe(action);
  return line + (actions.empty() ? " -" : "");
}

TEST(TurnTable, HoldsForEveryStateAndInput) {
  std::map<Pair, std::string> table = read_table();
  for (const auto& [situation, begin] : situations()) {
    for (const auto& [name, input] : inputs()) {
      const auto row = table.find({situation, name});
      const std::string what = play(begin, input);
      EXPECT_TRUE(row != table.end()) << "there is no row for:\n"
                                      << situation << " | " << name << " | " << what;
      if (row == table.end()) continue;
      EXPECT_EQ(what, row->second) << situation << ", " << name;
      table.erase(row);
    }
  }
  for (const auto& [pair, what] : table) ADD_FAILURE() << "nothing is " << pair.first << ", " << pair.second;
}

/// So that no state is left out of the rows.
TEST(TurnTable, BeginsInEveryState) {
  std::map<std::string, int> states;
  for (const auto& [situation, begin] : situations()) {
    Conversation conversation({.system_prompt = "Be kind.", .greeting = {}, .has_tools = true});
    begin(conversation);
    ++states[name_of(conversation.state())];
  }
  EXPECT_EQ(states["waiting_for_user"], 2);
  EXPECT_EQ(states["user_speaking"], 2);
  EXPECT_EQ(states["bot_speaking"], 7);
  EXPECT_EQ(states["ended"], 1);
}

}  // namespace
}  // namespace unmuted
