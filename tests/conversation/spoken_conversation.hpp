#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "conversation/conversation.hpp"
#include "conversation/open_reply.hpp"
#include "conversation/silent_reading.hpp"

namespace unmuted {

/// Who speaks in a test.
class TestSpeaker {
 public:
  virtual ~TestSpeaker() = default;
  virtual void say(TurnId, TimePoint) {}
  virtual void take_back(TurnId, std::size_t) {}
  virtual void complete(TurnId) {}
  virtual void stop(TurnId) {}
  /// Reports one thing and answers with what came of it; nothing when there is nothing to report.
  virtual std::optional<Actions> report(Conversation&, TimePoint) { return std::nullopt; }
  /// When it has something to report next.
  [[nodiscard]] virtual std::optional<TimePoint> next() const { return std::nullopt; }
};

class SilentTestSpeaker : public TestSpeaker {
 public:
  explicit SilentTestSpeaker(unsigned words_per_minute) : reading_(words_per_minute) {}

  void say(TurnId turn, TimePoint now) override { reading_.say(turn, now); }
  void take_back(TurnId turn, std::size_t words) override { reading_.take_back(turn, words); }
  void complete(TurnId turn) override { reading_.complete(turn); }
  void stop(TurnId turn) override { reading_.stop(turn); }
  std::optional<Actions> report(Conversation& conversation, TimePoint now) override {
    const std::optional<Spoken> spoken = reading_.take(now);
    if (!spoken) return std::nullopt;
    if (const auto* word = std::get_if<spoken::Word>(&*spoken)) return conversation.word_spoken(word->turn);
    return conversation.utterance_ended(std::get<spoken::UtteranceEnded>(*spoken).turn);
  }
  [[nodiscard]] std::optional<TimePoint> next() const override { return reading_.next(); }

 private:
  SilentReading reading_;
};

/// A conversation and its speaker, joined as a session joins them: what has been spoken is reported before
/// each other input, and after each word that is said. Every input answers with all that was carried out, in
/// that order.
class SpokenConversation {
 public:
  SpokenConversation(ConversationSetup setup, std::unique_ptr<TestSpeaker> speaker)
      : conversation_(std::move(setup)), speaker_(std::move(speaker)) {}

  Actions start(TimePoint now) { return input(now, &Conversation::start); }
  Actions end(TimePoint now) { return input(now, &Conversation::end); }
  Actions user_wrote(std::string text, TimePoint now) {
    return input(now, &Conversation::user_wrote, std::move(text));
  }
  Actions reply_requested(TimePoint now) { return input(now, &Conversation::reply_requested); }
  Actions cancel_requested(TimePoint now) { return input(now, &Conversation::cancel_requested); }
  Actions user_speech_started(TimePoint now) { return input(now, &Conversation::user_speech_started); }
  Actions user_word(std::string_view word, double start_time, TimePoint now) {
    return input(now, &Conversation::user_word, word, start_time);
  }
  Actions user_paused(TimePoint now) { return input(now, &Conversation::user_paused); }
  Actions audio_received(Duration audio, TimePoint now) {
    return input(now, &Conversation::audio_received, audio);
  }
  Actions model_text(TurnId turn, std::string_view piece, TimePoint now) {
    return input(now, &Conversation::model_text, turn, piece);
  }
  Actions model_began_afresh(TurnId turn, TimePoint now) {
    return input(now, &Conversation::model_began_afresh, turn);
  }
  Actions model_finished(TurnId turn, AnswerEnd end, TimePoint now) {
    return input(now, &Conversation::model_finished, turn, std::move(end));
  }
  Actions tool_returned(TurnId turn, std::size_t call, std::string_view result, TimePoint now) {
    return input(now, &Conversation::tool_returned, turn, call, result);
  }
  Actions word_spoken(TurnId turn, TimePoint now) { return input(now, &Conversation::word_spoken, turn); }
  Actions utterance_ended(TurnId turn, TimePoint now) {
    return input(now, &Conversation::utterance_ended, turn);
  }
  Actions reply_failed(TurnId turn, events::Failure failure, TimePoint now) {
    return input(now, &Conversation::reply_failed, turn, std::move(failure));
  }
  Actions listening_failed(events::Failure failure, TimePoint now) {
    return input(now, &Conversation::listening_failed, std::move(failure));
  }

  /// Time passes.
  Actions tick(TimePoint now) {
    Actions carried_out;
    hear_speaker(now, carried_out);
    return carried_out;
  }
  [[nodiscard]] std::optional<TimePoint> next_deadline() const { return speaker_->next(); }

  [[nodiscard]] Conversation::State state() const { return conversation_.state(); }
  [[nodiscard]] const History& history() const { return conversation_.history(); }
  [[nodiscard]] std::optional<TurnId> turn() const { return conversation_.turn(); }
  [[nodiscard]] TurnId next_turn() const { return conversation_.next_turn(); }
  /// Whether the turn ended while its last calls were about to be run: no result of them can come.
  [[nodiscard]] bool has_never_run_calls(TurnId turn) const { return never_run_.contains(turn); }

 private:
  template <class Input, class... Arguments>
  Actions input(TimePoint now, Input member, Arguments&&... arguments) {
    Actions carried_out;
    hear_speaker(now, carried_out);
    carry_out(std::invoke(member, conversation_, std::forward<Arguments>(arguments)...), now, carried_out);
    return carried_out;
  }

  void hear_speaker(TimePoint now, Actions& carried_out) {
    while (std::optional<Actions> actions = speaker_->report(conversation_, now)) {
      carry_out(*actions, now, carried_out);
    }
  }

  void carry_out(const Actions& actions, TimePoint now, Actions& carried_out) {
    for (const Action& action : actions) {
      if (!open_reply_.admits(action)) {
        if (const auto* run = std::get_if<actions::RunTools>(&action)) never_run_.insert(run->turn);
        continue;
      }
      carried_out.push_back(action);
      if (const auto* say = std::get_if<actions::SayWord>(&action)) {
        speaker_->say(say->word.turn, now);
        hear_speaker(now, carried_out);
      } else if (const auto* complete = std::get_if<actions::TextComplete>(&action)) {
        speaker_->complete(complete->turn);
        hear_speaker(now, carried_out);
      } else if (const auto* back = std::get_if<actions::WordsTakenBack>(&action)) {
        speaker_->take_back(back->turn, back->unspoken);
      } else if (const auto* stop = std::get_if<actions::StopReply>(&action)) {
        speaker_->stop(stop->turn);
      }
    }
  }

  Conversation conversation_;
  OpenReply open_reply_;
  std::set<TurnId> never_run_;
  std::unique_ptr<TestSpeaker> speaker_;
};

}  // namespace unmuted
