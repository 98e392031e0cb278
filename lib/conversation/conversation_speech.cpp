// What a conversation does about what is heard of the user.
#include <algorithm>
#include <utility>

#include "conversation/conversation.hpp"
#include "conversation/words.hpp"
#include "core/ids.hpp"

namespace unmuted {

using events::Ending;
using events::Failure;
using std::chrono::milliseconds;

namespace {

/// What noticing takes, and a little.
constexpr milliseconds before_speech{300};

milliseconds audio_time(Duration received) {
  return std::chrono::duration_cast<milliseconds>(std::max(received, Duration::zero()));
}

}  // namespace

Actions Conversation::user_speech_started() {
  if (state_ != State::ended) begin_user_speech();
  return take_actions();
}

Actions Conversation::user_word(std::string_view word, double start_time) {
  const std::string_view bare = without_space(word);
  if (state_ == State::ended || bare.empty()) return take_actions();
  if (!ended_turns_.empty()) {
    history_.add_to_item(ended_turns_.front(), bare);
    return take_actions();
  }
  begin_user_speech();
  user_said_words_ = true;
  history_.add_user_word(bare, user_item_);
  emit(events::UserWord{std::string(bare), start_time});
  return take_actions();
}

Actions Conversation::user_paused() {
  if (!ended_turns_.empty()) {
    hear_turn(std::nullopt);
  } else if (state_ == State::user_speaking) {
    end_user_speech();
    if (user_said_words_ && setup_.settings.turns.replies.value_or(true)) start_reply();
  }
  return take_actions();
}

Actions Conversation::audio_received(Duration audio) {
  received_ += audio;
  const std::optional<Duration> limit = silence_allowed();
  if (state_ != State::waiting_for_user || !limit) return take_actions();
  silence_ += std::clamp(audio, Duration::zero(), *limit);
  if (silence_ < *limit) return take_actions();
  if (setup_.settings.turns.idle) {
    events::UserSilent silent{new_id("item_"), history_.last_item(), audio_time(received_ - *limit),
                              audio_time(received_)};
    history_.add_user_word(History::silence, silent.item);
    history_.add_spoken_item(silent.item);
    emit(std::move(silent));
  }
  start_reply();
  return take_actions();
}

/// Nothing: it may last for ever.
std::optional<Duration> Conversation::silence_allowed() const {
  const events::TurnRules& rules = setup_.settings.turns;
  if (!rules.idle) return silence_limit;
  if (rules.idle->count() == 0 || !rules.replies.value_or(true)) return std::nullopt;
  return *rules.idle;
}

void Conversation::begin_user_speech() {
  if (state_ == State::user_speaking) return;
  user_item_ = new_id("item_");
  emit(events::UserSpeechStarted{user_item_, audio_time(received_ - before_speech)});
  if (reply_) stop_reply(Ending::interrupted_by_voice);
  state_ = State::user_speaking;
  user_said_words_ = false;
}

void Conversation::end_user_speech() {
  if (state_ != State::user_speaking) return;
  events::UserSpeechStopped stopped{{}, {}, audio_time(received_)};
  if (user_said_words_) {
    history_.add_spoken_item(user_item_);
    stopped.item = user_item_;
    stopped.after = history_.item_before(user_item_);
  }
  emit(std::move(stopped));
  state_ = State::waiting_for_user;
  silence_ = Duration::zero();
}

// ---- Turns that the client ends -----------------------------------------------------------------------

Actions Conversation::user_turn_ended() {
  if (state_ == State::ended) return take_actions();
  events::UserTurnEnded ended{new_id("item_"), history_.last_item()};
  history_.add_item({.id = ended.item, .spoken = true});
  ended_turns_.push_back(ended.item);
  silence_ = Duration::zero();
  emit(std::move(ended));
  return take_actions();
}

/// The words of the first of them have come, or will not.
void Conversation::hear_turn(std::optional<Failure> failure) {
  const std::string item = std::move(ended_turns_.front());
  ended_turns_.pop_front();
  std::string text;
  if (const auto heard = history_.item(item)) text = heard->text;
  emit(events::UserTurnHeard{item, std::move(text), std::move(failure)});
  if (ended_turns_.empty() && wanted_ && !reply_) start_reply(*std::exchange(wanted_, std::nullopt));
}

Actions Conversation::user_sound_dropped() {
  if (state_ == State::ended) return take_actions();
  while (!ended_turns_.empty()) hear_turn(std::nullopt);
  end_user_speech();
  return take_actions();
}

// ---- Failures -----------------------------------------------------------------------------------------

Actions Conversation::listening_failed(Failure failure) {
  if (state_ == State::ended) return take_actions();
  if (!ended_turns_.empty()) {
    while (!ended_turns_.empty()) hear_turn(failure);
    return take_actions();
  }
  const bool fatal = failure.kind == Failure::Kind::fatal;
  if (fatal && reply_) {
    fail_reply(std::move(failure));
    return take_actions();
  }
  emit(std::move(failure));
  end_user_speech();
  if (fatal) close(actions::CloseConnection::Why::failure);
  return take_actions();
}

}  // namespace unmuted
