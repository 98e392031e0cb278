#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conversation/conversation.hpp"
#include "conversation/words.hpp"
#include "core/utf8.hpp"
#include "spoken_conversation.hpp"
#include "strict_model.hpp"

// A conversation in which anything happens at any time, also what well-behaved services never do, and what
// must hold all the same: the invariants of conversation.hpp, by their names.

namespace unmuted {

enum class Invariant { I1 = 1, I2, I3, I4, I5, I6, I7, I8, I9, I10, I11 };
using enum Invariant;

inline void must(Invariant invariant, bool holds,
                 std::source_location place = std::source_location::current()) {
  if (holds) return;
  throw std::logic_error("I" + std::to_string(static_cast<int>(invariant)) + " does not hold: " +
                         std::string(place.file_name()) + ":" + std::to_string(place.line()));
}

inline std::string without_any_space(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  return text;
}

/// No two messages of one role in a row, and none that is blank.
inline void check_for_client(const std::vector<events::Message>& messages) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    must(I8, is_utf8(messages[i].content));
    must(I8, !messages[i].content.empty());
    must(I8, messages[i].content != History::interruption);
    must(I8, messages[i].role == "user" || messages[i].role == "assistant");
    if (i > 0) must(I8, messages[i].role != messages[i - 1].role);
  }
}

inline void check_for_model(const std::vector<ChatMessage>& messages) {
  must(I8, !refusal_of(messages));
}

/// Follows what a conversation wants done, and throws where it contradicts itself.
class Witness {
 public:
  /// What came of one input, and what the conversation is like then.
  void see(const Actions& actions, const SpokenConversation& conversation) {
    must(I9, state_ != Conversation::State::ended || actions.empty());
    for (const Action& action : actions) {
      must(I9, !closed_);
      std::visit([this](const auto& a) { this->on(a); }, action);
    }
    check(conversation);
    std::vector<events::Message> messages = conversation.history().for_client();
    check_for_client(messages);
    if (!actions.empty() && is_refusal(actions.back())) {
      must(I10, std::all_of(actions.begin(), actions.end() - 1, is_of_speaker));
      must(I10, actions.size() > 1 || conversation.state() == state_);
      must(I10, actions.size() > 1 ||
                    std::equal(messages.begin(), messages.end(), messages_.begin(), messages_.end(), same));
    }
    state_ = conversation.state();
    messages_ = std::move(messages);
  }

  /// Of a speaker that nobody reports for but itself.
  void check_speaker(std::optional<TimePoint> next) {
    const bool waits_for_it = reply_ && reply_->complete;
    must(I11, !waits_for_it || next.has_value());
    must(I4, reply_ || !next.has_value());
  }

  [[nodiscard]] std::uint64_t replies() const { return replies_; }

 private:
  void check(const SpokenConversation& conversation) {
    using State = Conversation::State;
    must(I1, reply_.has_value() == (conversation.state() == State::bot_speaking));
    must(I1, conversation.turn() == (reply_ ? std::optional(reply_->turn) : std::nullopt));
    must(I2, conversation.next_turn() > last_turn_);
    must(I3, user_speaking_ == (conversation.state() == State::user_speaking));
    must(I9, !closed_ || conversation.state() == State::ended);
    must(I11, !reply_ || !reply_->complete || !reply_->ready.empty());
    must(I8, reply_ || !conversation.history().has_unheard_words());
    check_for_model(conversation.history().for_model("Be kind."));
  }

  /// Whether it may come of what the speaker reported before the input.
  static bool is_of_speaker(const Action& action) {
    return notice_if<events::WordSpoken>(action) != nullptr ||
           (notice_if<events::Failure>(action) != nullptr && !is_refusal(action)) ||
           std::holds_alternative<actions::StopReply>(action) ||
           notice_if<events::ReplyEnded>(action) != nullptr;
  }
  static bool is_refusal(const Action& action) {
    const auto* failure = notice_if<events::Failure>(action);
    return failure != nullptr && failure->kind == events::Failure::Kind::invalid_request;
  }
  static bool same(const events::Message& one, const events::Message& other) {
    return one.role == other.role && one.content == other.content;
  }

  struct SeenReply {
    TurnId turn;
    int round = 0;
    std::vector<std::string> ready;
    std::size_t spoken = 0;
    std::string text;
    std::size_t before_round = 0;  ///< words
    bool complete = false, stopped = false;
  };

  void must_be_alive(TurnId turn) {
    must(I4, reply_.has_value());
    must(I4, reply_->turn == turn);
    must(I4, !reply_->stopped);
  }

  void on(const events::Notice& notice) {
    std::visit([this](const auto& one) { this->on(one); }, notice);
  }
  void on(const events::ReplyStarted& a) {
    must(I1, !reply_);
    must(I3, !user_speaking_);
    must(I2, a.turn > last_turn_);
    last_turn_ = a.turn;
    ++replies_;
    check_for_client(a.history);
    reply_ = SeenReply{a.turn, 0, {}, 0, {}};
  }
  void on(const actions::AskModel& a) {
    must_be_alive(a.turn);
    must(I6, !reply_->complete);
    must(I6, a.round == ++reply_->round);
    must(I6, a.round <= Conversation::max_rounds);
    must(I6, a.round < Conversation::max_rounds || !a.offer_tools);
    reply_->before_round = reply_->ready.size();
    check_for_model(a.messages);
    check_for_client(a.chat_history);
  }
  void on(const actions::SayWord& a) {
    must_be_alive(a.word.turn);
    must(I6, !reply_->complete);
    must(I5, is_utf8(a.word.text));
    reply_->ready.push_back(a.word.text);
  }
  void on(const actions::WordsTakenBack& a) {
    must_be_alive(a.turn);
    must(I6, !reply_->complete);
    must(I5, reply_->ready.size() > reply_->before_round);
    must(I5, a.unspoken == reply_->ready.size() - std::max(reply_->spoken, reply_->before_round));
    reply_->ready.resize(reply_->before_round);
    reply_->text.clear();
    for (std::size_t i = 0; i < std::min(reply_->spoken, reply_->before_round); ++i) {
      reply_->text += without_space(reply_->ready[i]);
    }
    reply_->spoken = std::min(reply_->spoken, reply_->before_round);
  }
  void on(const actions::TextComplete& a) {
    must_be_alive(a.turn);
    must(I6, !reply_->complete);
    reply_->complete = true;
  }
  void on(const events::WordSpoken& a) {
    must_be_alive(a.turn);
    must(I5, reply_->spoken < reply_->ready.size());
    must(I5, a.text == without_space(reply_->ready[reply_->spoken++]));
    reply_->text += a.text;
  }
  void on(const actions::RunTools& a) {
    must_be_alive(a.turn);
    must(I6, !reply_->complete);
    must(I7, a.calls.size() >= 1U);
    must(I7, a.calls.size() <= Conversation::max_calls_run);
    asked_for_[a.turn] += a.calls.size();
  }
  void on(const events::ToolCalled& a) { must(I7, ++answered_[a.turn] <= asked_for_[a.turn]); }
  void on(const actions::StopModel& a) { must_be_alive(a.turn); }
  void on(const actions::StopReply& a) {
    must_be_alive(a.turn);
    reply_->stopped = true;
  }
  void on(const events::ReplyEnded& a) {
    must(I1, reply_.has_value());
    must(I1, reply_->turn == a.turn);
    must(I5, reply_->text == without_any_space(a.text));
    must(I4, (a.how != events::Ending::finished) == reply_->stopped);
    if (a.how == events::Ending::finished) {
      must(I6, reply_->complete);
      must(I5, reply_->spoken == reply_->ready.size());
    }
    check_for_client(a.history);
    reply_.reset();
  }
  void on(const events::UserSpeechStarted&) {
    must(I3, !user_speaking_);
    user_speaking_ = true;
  }
  void on(const events::UserSpeechStopped&) {
    must(I3, user_speaking_);
    user_speaking_ = false;
  }
  void on(const events::UserWord&) { must(I3, user_speaking_); }
  void on(const events::Failure&) {}
  /// No other notice is of a conversation; a word is told of by SayWord.
  template <class Other>
  void on(const Other&) {
    throw std::logic_error("no notice of a conversation");
  }
  void on(const actions::CloseConnection&) {
    must(I1, !reply_);
    must(I3, !user_speaking_);
    closed_ = true;
  }

  Conversation::State state_ = Conversation::State::waiting_for_user;
  std::vector<events::Message> messages_;
  std::optional<SeenReply> reply_;
  TurnId last_turn_{0};
  std::map<TurnId, std::size_t> asked_for_, answered_;
  bool user_speaking_ = false;
  bool closed_ = false;
  std::uint64_t replies_ = 0;
};

/// A voice whose words come late, one by one or not at all, and which may fail, also between two words that
/// are said to it at once.
class DiceVoice : public TestSpeaker {
 public:
  /// A number below the one it is given.
  using Dice = std::function<std::size_t(std::size_t)>;

  explicit DiceVoice(Dice dice) : dice_(std::move(dice)) {}

  void say(TurnId turn, TimePoint) override {
    follow(turn);
    ++unspoken_;
  }
  void take_back(TurnId turn, std::size_t words) override {
    if (turn_ == turn) unspoken_ -= std::min(words, unspoken_);
  }
  void complete(TurnId turn) override {
    follow(turn);
    complete_ = true;
  }
  void stop(TurnId turn) override {
    if (turn_ == turn) follow(std::nullopt);
  }
  std::optional<Actions> report(Conversation& conversation, TimePoint) override {
    if (!turn_ || dice_(3) == 0) return std::nullopt;
    const TurnId turn = *turn_;
    if (dice_(100) == 1) {
      follow(std::nullopt);
      return conversation.reply_failed(turn, {events::Failure::Kind::warning, "", ""});
    }
    if (complete_ && (unspoken_ == 0 || dice_(5) == 1)) {
      follow(std::nullopt);
      return conversation.utterance_ended(turn);
    }
    if (unspoken_ == 0) return std::nullopt;
    --unspoken_;
    return conversation.word_spoken(turn);
  }

 private:
  void follow(std::optional<TurnId> turn) {
    if (turn_ && turn_ == turn) return;
    turn_ = turn;
    unspoken_ = 0;
    complete_ = false;
  }

  Dice dice_;
  std::optional<TurnId> turn_;
  std::size_t unspoken_ = 0;
  bool complete_ = false;
};

/// The world around a conversation, played by dice. Throws std::logic_error where the conversation
/// contradicts itself.
class World {
 public:
  using Dice = DiceVoice::Dice;

  explicit World(Dice dice) : dice_(std::move(dice)), conversation_{setup(), speaker()} {}

  void begin() { see(conversation_.start(now_)); }
  void go_on() { see(something_happens()); }
  void end() {
    see(conversation_.end(now_));
    must(I9, conversation_.state() == Conversation::State::ended);
  }

  [[nodiscard]] const Witness& witness() const { return witness_; }

 private:
  std::size_t below(std::size_t n) { return dice_(n); }
  bool one_in(std::size_t n) { return below(n) == 0; }

  ConversationSetup setup() {
    ConversationSetup setup{.system_prompt = "Be kind.", .greeting = {}};
    if (one_in(2)) setup.greeting = one_in(5) ? "" : "Good evening, all of you!";
    setup.has_tools = !one_in(3);
    return setup;
  }

  std::unique_ptr<TestSpeaker> speaker() {
    if (!one_in(3)) {
      silent_ = true;
      return std::make_unique<SilentTestSpeaker>(one_in(2) ? 0 : 240);
    }
    if (one_in(2)) {
      voiced_ = true;
      return std::make_unique<DiceVoice>([this](std::size_t n) { return below(n); });
    }
    reckless_ = true;
    return std::make_unique<TestSpeaker>();
  }

  void see(const Actions& actions) {
    witness_.see(actions, conversation_);
    if (silent_) witness_.check_speaker(conversation_.next_deadline());
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

  events::Failure some_failure() {
    using Kind = events::Failure::Kind;
    if (one_in(50)) return {Kind::fatal, "", ""};
    return {one_in(2) ? Kind::warning : Kind::server_error, "", ""};
  }

  /// Something is reported of some turn: of one that is over, only what tools did is told.
  template <class Report>
  Actions of_some_turn(Report report) {
    see(conversation_.tick(now_));
    const TurnId turn = some_turn();
    const bool over = conversation_.turn() != turn;
    Actions actions = report(turn);
    const auto is_call = [](const Action& a) { return notice_if<events::ToolCalled>(a) != nullptr; };
    if (over && !voiced_) must(I4, std::all_of(actions.begin(), actions.end(), is_call));
    return actions;
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
        if (!one_in(5)) return {};
        return of_some_turn(
            [this](TurnId turn) { return conversation_.reply_failed(turn, some_failure(), now_); });
      case 8:
        return one_in(5) ? conversation_.listening_failed(some_failure(), now_) : Actions{};
      case 9:
        return one_in(100) ? conversation_.end(now_) : Actions{};
      case 10:
        return conversation_.start(now_);
      case 11:
      case 12:
        return conversation_.tick(now_);
      case 13:
        if (one_in(4)) {
          return of_some_turn([this](TurnId turn) { return conversation_.model_began_afresh(turn, now_); });
        }
        [[fallthrough]];
      case 14:
        return of_some_turn([this](TurnId turn) {
          AnswerEnd end{some_calls(), one_in(200), one_in(2) ? "length" : ""};
          return conversation_.model_finished(turn, std::move(end), now_);
        });
      case 15:
      case 16:
      case 17:
        return of_some_turn([this](TurnId turn) {
          if (conversation_.has_never_run_calls(turn)) return Actions{};
          const std::size_t call = one_in(2) ? 0 : below(18);
          return conversation_.tool_returned(turn, call, some_words(), now_);
        });
      case 18:
        if (!reckless_) return conversation_.tick(now_);
        return of_some_turn([this](TurnId turn) { return conversation_.utterance_ended(turn, now_); });
      case 19:
      case 20:
        if (!reckless_) return conversation_.tick(now_);
        return of_some_turn([this](TurnId turn) { return conversation_.word_spoken(turn, now_); });
      default:
        return of_some_turn(
            [this](TurnId turn) { return conversation_.model_text(turn, some_text(), now_); });
    }
  }

  Dice dice_;
  TimePoint now_{std::chrono::seconds(1000)};
  bool silent_ = false;    ///< the speaker has a pace
  bool voiced_ = false;    ///< it is a DiceVoice
  bool reckless_ = false;  ///< it reports anything at any time
  SpokenConversation conversation_;
  Witness witness_;
};

}  // namespace unmuted
