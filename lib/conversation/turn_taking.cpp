#include "conversation/turn_taking.hpp"

#include <algorithm>

#include "conversation/listening_words.hpp"

namespace unmuted {

// ---- What is heard ------------------------------------------------------------------------------------

TurnDecisions TurnTaking::sound_arrived(TimePoint now) {
  sound_at_ = now;
  sound_comes_ = true;
  if (by_client()) begin_utterance();
  return take();
}

TurnDecisions TurnTaking::voice_changed(bool speaks, TimePoint now) {
  if (voice_ == speaks || by_client()) return take();
  voice_ = speaks;
  if (speaks) {
    pause_at_.reset();
    begin_utterance();
    if (reply_) {
      hold_if_reply_sounds(now);
    } else {
      begin_speech();
    }
  } else {
    quiet_since_ = now - silence();
    utterance_ = utterance_ && !options_.hears_everything;
    if (!options_.hears_everything || (speech_ && !words_)) {
      end_utterance();
    } else if (speech_) {
      pause_at_ = quiet_since_ + patience_with_service();
    }
  }
  return take();
}

TurnDecisions TurnTaking::word_heard(std::string text, double start_time, TimePoint now) {
  if (!by_client()) forget_old_words(now);
  over_reply_.push_back({std::move(text), start_time});
  over_reply_at_ = now;
  if (by_client()) return take();
  // Of whole utterances it is known at their end what they are.
  const bool undecided = reply_ && (!options_.hears_everything || !interrupts() || only_backchannels());
  if (!undecided) give_words();
  if (speech_ && options_.hears_everything && !voice_) pause_at_ = now + patience_with_service();
  return take();
}

TurnDecisions TurnTaking::pause_is_likely(double likelihood, TimePoint now) {
  if (by_client()) return take();
  const bool spoke = pause_unlikely_;
  if (likelihood < pause_unlikely) pause_unlikely_ = true;
  if (likelihood > pause_likely) pause_unlikely_ = false;
  if (reply_) {
    if (pause_unlikely_ && !spoke) hold_if_reply_sounds(now);
  } else if (speech_ && likelihood > pause_likely && unanswered_ == 0 && (words_ || !voice_)) {
    end_utterance();
  }
  return take();
}

TurnDecisions TurnTaking::utterance_heard(TimePoint now) {
  if (unanswered_ == 0) return take();
  --unanswered_;
  if (by_client()) {
    give_words();
    speech_ = true;
    pause_now();
    return take();
  }
  if (reply_ && !options_.hears_everything) {
    if (interrupts() && !only_backchannels()) {
      give_words();
    } else if (!utterance_ && unanswered_ == 0) {
      resume();
    }
  }
  if (speech_ && unanswered_ == 0) decide_pause(now);
  return take();
}

TurnDecisions TurnTaking::hearing_failed() {
  resume();
  over_reply_.clear();
  utterance_ = false;
  unanswered_ = 0;
  pause_unlikely_ = false;
  speech_ = false;
  words_ = false;
  pause_at_.reset();
  return take();
}

// ---- What the client says -----------------------------------------------------------------------------

TurnDecisions TurnTaking::end_turn() {
  if (by_client()) {
    end_utterance();
  } else if (speech_) {
    voice_ = false;
    quiet_since_ = {};
    emit(turn::SoundStopped{});
    end_utterance();
  }
  return take();
}

void TurnTaking::drop() {
  hearing_failed();
  decisions_.clear();
}

// ---- The reply ----------------------------------------------------------------------------------------

void TurnTaking::reply_began() {
  reply_ = true;
  sounds_since_.reset();
  held_since_.reset();
  if (by_client()) return;
  over_reply_.clear();
  speech_ = false;
  words_ = false;
  pause_at_.reset();
}

void TurnTaking::reply_sounds(TimePoint now) {
  if (reply_ && !sounds_since_) sounds_since_ = now;
}

TurnDecisions TurnTaking::reply_ended(bool finished, TimePoint now) {
  if (!reply_) return take();  // it was interrupted by a word
  reply_ = false;
  sounds_since_.reset();
  held_since_.reset();
  if (by_client()) return take();
  forget_old_words(now);
  if (!finished) over_reply_.clear();
  if (!over_reply_.empty()) {
    give_words();
    if (!voice_ && unanswered_ == 0) decide_pause(now);
  } else if (voice_) {
    begin_speech();
  }
  return take();
}

// ---- Time ---------------------------------------------------------------------------------------------

std::optional<TimePoint> TurnTaking::next() const {
  std::optional<TimePoint> first = pause_at_;
  const auto or_at = [&first](TimePoint time) { first = std::min(first.value_or(time), time); };
  if (held_since_) or_at(hold_ends());
  if (waits_for_sound()) or_at(sound_at_ + sound_gap);
  return first;
}

TurnDecisions TurnTaking::time_passed(TimePoint now) {
  if (held_since_ && now >= hold_ends()) resume();
  if (waits_for_sound() && now >= sound_at_ + sound_gap) {
    sound_comes_ = false;
    voice_ = false;
    pause_unlikely_ = false;
    quiet_since_ = sound_at_;
    emit(turn::SoundStopped{});
    if (utterance_ || options_.hears_everything) end_utterance();
  }
  if (pause_at_ && now >= *pause_at_) {
    pause_at_.reset();
    if (options_.hears_everything) {
      end_utterance();
    } else {
      pause_now();
    }
  }
  return take();
}

TimePoint TurnTaking::hold_ends() const {
  return *held_since_ + (options_.hears_everything ? hold_limit : long_hold_limit);
}

/// Nobody else tells of a client that has gone silent in the middle of something.
bool TurnTaking::waits_for_sound() const {
  const bool pause_is_told = options_.hears_everything && speech_ && unanswered_ == 0;
  return sound_comes_ && !by_client() && (voice_ || utterance_ || pause_is_told);
}

// ---- The rules ----------------------------------------------------------------------------------------

std::chrono::milliseconds TurnTaking::silence_of(const events::TurnRules& rules) {
  constexpr std::chrono::milliseconds least{100}, most{10'000};
  if (rules.by == events::TurnRules::By::meaning) {
    return rules.eagerness == events::TurnRules::Eagerness::high ? pause * 3 / 5 : pause;
  }
  return std::clamp(rules.silence.value_or(pause), least, most);
}

std::chrono::milliseconds TurnTaking::silence_after_opening() const {
  using Eagerness = events::TurnRules::Eagerness;
  if (options_.rules.by == events::TurnRules::By::meaning) {
    switch (options_.rules.eagerness.value_or(Eagerness::automatic)) {
      case Eagerness::low:
        return std::chrono::milliseconds(8'000);
      case Eagerness::high:
        return std::chrono::milliseconds(2'000);
      case Eagerness::automatic:
      case Eagerness::medium:
        return std::chrono::milliseconds(4'000);
    }
  }
  return options_.rules.silence ? silence() : pause_after_opening;
}

/// Who names a silence means it, whatever the service thinks of pauses.
std::chrono::milliseconds TurnTaking::patience_with_service() const {
  const bool named = options_.rules.silence && options_.rules.by != events::TurnRules::By::meaning;
  return named ? silence() : patience;
}

// ---- What follows -------------------------------------------------------------------------------------

void TurnTaking::begin_speech() {
  if (speech_) return;
  speech_ = true;
  words_ = false;
  emit(turn::SpeechStarted{});
}

void TurnTaking::begin_utterance() {
  if (utterance_) return;
  utterance_ = true;
  emit(turn::BeginUtterance{});
}

void TurnTaking::end_utterance() {
  pause_at_.reset();
  utterance_ = false;
  ++unanswered_;
  emit(turn::EndUtterance{});
}

/// In the first of a reply's sound, it may be the reply that is heard.
void TurnTaking::hold_if_reply_sounds(TimePoint now) {
  if (!interrupts() || held_since_ || !sounds_since_ || now - *sounds_since_ < echo) return;
  held_since_ = now;
  emit(turn::HoldReply{});
}

void TurnTaking::resume() {
  if (!held_since_) return;
  held_since_.reset();
  emit(turn::ResumeReply{});
}

/// What is said interrupts a reply.
void TurnTaking::give_words() {
  reply_ = false;
  sounds_since_.reset();
  held_since_.reset();
  for (turn::Word& word : std::exchange(over_reply_, {})) {
    speech_ = true;
    words_ = true;
    last_word_ = word.text;
    emit(std::move(word));
  }
}

void TurnTaking::pause_now() {
  if (!speech_) return;
  speech_ = false;
  words_ = false;
  emit(turn::Paused{});
}

/// The words have come; where a service hears everything it was sure of the pause.
void TurnTaking::decide_pause(TimePoint now) {
  if (options_.hears_everything) return pause_now();
  if (voice_) return;
  const bool more = words_ && asks_for_more(last_word_, options_.language);
  const TimePoint at = quiet_since_ + (more ? silence_after_opening() : silence());
  if (now >= at) return pause_now();
  pause_at_ = at;
}

/// A backchannel counts as an answer for a while only.
void TurnTaking::forget_old_words(TimePoint now) {
  if (now - over_reply_at_ > answer_limit && only_backchannels()) over_reply_.clear();
}

bool TurnTaking::only_backchannels() const {
  return std::all_of(over_reply_.begin(), over_reply_.end(),
                     [this](const turn::Word& word) { return is_backchannel(word.text, options_.language); });
}

}  // namespace unmuted
