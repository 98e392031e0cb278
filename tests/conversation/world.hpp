#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "conversation/conversation.hpp"
#include "conversation/words.hpp"
#include "core/utf8.hpp"
#include "strict_model.hpp"

// A conversation in which anything happens at any time, also what well-behaved services never do, and what
// must hold all the same.

namespace unmuted {

inline void must(bool holds, std::source_location place = std::source_location::current()) {
  if (holds) return;
  throw std::logic_error("does not hold: " + std::string(place.file_name()) + ":" +
                         std::to_string(place.line()));
}

inline std::string without_any_space(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  return text;
}

/// No two messages of one role in a row, and none that is blank.
inline void check_for_client(const std::vector<ChatMessage>& messages) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    must(is_utf8(messages[i].content));
    must(!messages[i].content.empty());
    must(messages[i].content != History::interruption);
    must(messages[i].role == ChatMessage::Role::user || messages[i].role == ChatMessage::Role::assistant);
    if (i > 0) must(messages[i].role != messages[i - 1].role);
  }
}

inline void check_for_model(const std::vector<ChatMessage>& messages) {
  must(!refusal_of(messages));
}

/// Follows what a conversation wants done, and throws where it contradicts itself.
class Witness {
 public:
  void see(const Actions& actions) {
    for (const Action& action : actions) {
      must(!closed_);
      std::visit([this](const auto& a) { this->on(a); }, action);
    }
  }

  void check(const Conversation& conversation) {
    must(reply_.has_value() == (conversation.state() == Conversation::State::bot_speaking));
    must(user_speaking_ == (conversation.state() == Conversation::State::user_speaking));
    must(conversation.turn() == (reply_ ? std::optional(reply_->turn) : std::nullopt));
    must(!closed_ || conversation.state() == Conversation::State::ended);
    if (!reply_) {
      must(conversation.next_deadline() == std::nullopt);
      must(!conversation.history().has_unheard_words());
    }
    check_for_client(conversation.history().for_client());
    check_for_model(conversation.history().for_model("Be kind."));
  }

  [[nodiscard]] std::uint64_t replies() const { return replies_; }

 private:
  struct SeenReply {
    TurnId turn;
    int round = 0;
    std::vector<std::string> ready;
    std::size_t spoken = 0;
    std::string text;
    std::size_t before_round = 0;  ///< words
    bool complete = false, stopped = false, model_asked = false;
  };

  void must_be_alive(TurnId turn) {
    must(reply_.has_value());
    must(reply_->turn == turn);
    must(!reply_->stopped);
  }

  void on(const actions::ReplyStarted& a) {
    must(!reply_);
    must(!user_speaking_);
    must(a.turn > last_turn_);
    last_turn_ = a.turn;
    ++replies_;
    check_for_client(a.chat_history);
    reply_ = SeenReply{a.turn, 0, {}, 0, {}};
  }
  void on(const actions::AskModel& a) {
    must_be_alive(a.turn);
    must(!reply_->complete);
    must(a.round == ++reply_->round);
    must(a.round <= Conversation::max_rounds);
    must(a.round < Conversation::max_rounds || !a.offer_tools);
    reply_->before_round = reply_->ready.size();
    check_for_model(a.messages);
    check_for_client(a.chat_history);
  }
  void on(const actions::WordReady& a) {
    must_be_alive(a.turn);
    must(!reply_->complete);
    must(is_utf8(a.text));
    reply_->ready.push_back(a.text);
  }
  void on(const actions::WordsTakenBack& a) {
    must_be_alive(a.turn);
    must(!reply_->complete);
    must(reply_->ready.size() > reply_->before_round);
    reply_->ready.resize(reply_->before_round);
    reply_->text.clear();
    for (std::size_t i = 0; i < std::min(reply_->spoken, reply_->before_round); ++i) {
      reply_->text += without_space(reply_->ready[i]);
    }
    reply_->spoken = std::min(reply_->spoken, reply_->before_round);
  }
  void on(const actions::TextComplete& a) {
    must_be_alive(a.turn);
    must(!reply_->complete);
    reply_->complete = true;
  }
  void on(const actions::WordSpoken& a) {
    must_be_alive(a.turn);
    must(reply_->spoken < reply_->ready.size());
    must(a.text == without_space(reply_->ready[reply_->spoken++]));
    reply_->text += a.text;
  }
  void on(const actions::RunTools& a) {
    must_be_alive(a.turn);
    must(!reply_->complete);
    must(a.calls.size() >= 1U);
    must(a.calls.size() <= Conversation::max_calls_run);
    asked_for_[a.turn] += a.calls.size();
  }
  void on(const actions::ToolCalled& a) { must(++answered_[a.turn] <= asked_for_[a.turn]); }
  void on(const actions::StopModel& a) { must_be_alive(a.turn); }
  void on(const actions::StopReply& a) {
    must_be_alive(a.turn);
    reply_->stopped = true;
  }
  void on(const actions::ReplyEnded& a) {
    must(reply_.has_value());
    must(reply_->turn == a.turn);
    must(reply_->text == without_any_space(a.text));
    must((a.how != actions::Ending::finished) == reply_->stopped);
    if (a.how == actions::Ending::finished) {
      must(reply_->complete);
      must(reply_->spoken == reply_->ready.size());
    }
    check_for_client(a.chat_history);
    reply_.reset();
  }
  void on(const actions::SpeechStarted&) {
    must(!user_speaking_);
    user_speaking_ = true;
  }
  void on(const actions::SpeechStopped&) {
    must(user_speaking_);
    user_speaking_ = false;
  }
  void on(const actions::UserWord&) { must(user_speaking_); }
  void on(const actions::Refused&) {}
  void on(const actions::Failed&) {}
  void on(const actions::CloseConnection&) {
    must(!reply_);
    must(!user_speaking_);
    closed_ = true;
  }

  std::optional<SeenReply> reply_;
  TurnId last_turn_{0};
  std::map<TurnId, std::size_t> asked_for_, answered_;
  bool user_speaking_ = false;
  bool closed_ = false;
  std::uint64_t replies_ = 0;
};

/// The world around a conversation, played by dice. Throws std::logic_error where the conversation
/// contradicts itself.
class World {
 public:
  /// A number below the one it is given.
  using Dice = std::function<std::size_t(std::size_t)>;

  explicit World(Dice dice) : dice_(std::move(dice)), conversation_(setup()) {}

  void begin() { see(conversation_.start(now_)); }
  void go_on() { see(something_happens()); }
  void end() {
    see(conversation_.end(now_));
    must(conversation_.state() == Conversation::State::ended);
  }

  [[nodiscard]] const Witness& witness() const { return witness_; }

 private:
  std::size_t below(std::size_t n) { return dice_(n); }
  bool one_in(std::size_t n) { return below(n) == 0; }

  ConversationSetup setup() {
    ConversationSetup setup{.system_prompt = "Be kind.", .greeting = {}};
    if (one_in(2)) setup.greeting = one_in(5) ? "" : "Good evening, all of you!";
    setup.has_tools = !one_in(3);
    setup.spoken_by = one_in(2) ? SpokenBy::reading_pace : SpokenBy::speech_service;
    setup.words_per_minute = one_in(2) ? 0 : 240;
    return setup;
  }

  void see(const Actions& actions) {
    witness_.see(actions);
    witness_.check(conversation_);
  }

  /// Mostly the present turn, sometimes one that is over, rarely one that never was.
  TurnId some_turn() {
    const auto next = static_cast<std::uint64_t>(conversation_.next_turn());
    if (one_in(50)) return TurnId{next + below(3)};
    if (one_in(5)) return TurnId{1 + below(next)};
    return TurnId{next - 1};
  }

  std::string some_text() {
    static const std::vector<std::string> pieces{
        "Hel", "lo",  " ",        " world", "é",     "\xC3", "\xA9",   "\n\n", "*",  "...",
        "—",   " — ", "Bye! and", " so ",   " on. ", "😀",    "\u2019", "",     "**", "`",
        "[",   "](",  ") ",       "\n| ",   "\n# ",  "\n- ", "```\n",  "<b>"};
    std::string text;
    for (std::size_t i = below(6); i > 0; --i) text += pieces[below(pieces.size())];
    if (one_in(400)) text += std::string(20'000, 'x');
    if (one_in(100)) text += " Bye!";
    return text;
  }

  std::string some_words() {
    static const std::vector<std::string> words{"Hi", "there", "...", "—", " ", "", "good evening"};
    return words[below(words.size())];
  }

  std::vector<ToolCall> some_calls() {
    std::vector<ToolCall> calls;
    if (!one_in(3)) return calls;
    const std::size_t count = one_in(20) ? below(60) : below(4);
    for (std::size_t i = 0; i < count; ++i) {
      static const std::vector<std::string> names{"tool", "", "functions.tool", "t\u00F6\u00F6l"};
      static const std::vector<std::string> arguments{
          "{}", "{\"a\": 1}", "[1]", "{\"a\": ", "", "null", "\xFF"};
      calls.push_back({one_in(3) ? "" : "id", names[below(names.size())],
                       one_in(10) ? std::string(9'000, 'x') : arguments[below(arguments.size())]});
    }
    return calls;
  }

  actions::Severity some_severity() {
    if (one_in(50)) return actions::Severity::fatal;
    return one_in(2) ? actions::Severity::warning : actions::Severity::server_error;
  }

  Actions something_happens() {
    if (one_in(2)) now_ += std::chrono::milliseconds(below(700));
    switch (below(26)) {
      case 0:
        return conversation_.user_wrote(some_words(), now_);
      case 1:
        return conversation_.reply_requested(now_);
      case 2:
        return one_in(2) ? conversation_.cancel_requested(now_) : Actions{};
      case 3:
        return one_in(2) ? conversation_.user_speech_started(now_) : Actions{};
      case 4:
        return one_in(2) ? conversation_.user_word(some_words(), 1, now_) : Actions{};
      case 5:
        return conversation_.user_paused(now_);
      case 6:
        return conversation_.audio_received(std::chrono::seconds(3), now_);
      case 7:
        return one_in(5) ? conversation_.reply_failed(some_turn(), {}, some_severity(), now_) : Actions{};
      case 8:
        return one_in(5) ? conversation_.listening_failed({}, some_severity(), now_) : Actions{};
      case 9:
        return one_in(100) ? conversation_.end(now_) : Actions{};
      case 10:
        return conversation_.start(now_);
      case 11:
      case 12:
        return conversation_.tick(now_);
      case 13:
        if (one_in(4)) return conversation_.model_began_afresh(some_turn(), now_);
        [[fallthrough]];
      case 14:
        return conversation_.model_finished(some_turn(),
                                            {some_calls(), one_in(200), one_in(2) ? "length" : ""}, now_);
      case 15:
      case 16:
      case 17:
        return conversation_.tool_returned(some_turn(), below(18), some_words(), now_);
      case 18:
        return conversation_.utterance_ended(some_turn(), now_);
      case 19:
      case 20:
        return conversation_.word_spoken(some_turn(), now_);
      default:
        return conversation_.model_text(some_turn(), some_text(), now_);
    }
  }

  Dice dice_;
  TimePoint now_{std::chrono::seconds(1000)};
  Conversation conversation_;
  Witness witness_;
};

}  // namespace unmuted
