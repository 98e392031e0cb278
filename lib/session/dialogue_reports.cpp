// What the stations of a dialogue report, and the coroutines that pull it from them.
#include <chrono>
#include <utility>
#include <variant>

#include "core/overloaded.hpp"
#include "session/dialogue.hpp"

namespace unmuted {

using events::Failure;
using net::awaitable;

/// The conversation, which knows what has been spoken by now: every other input to it begins with this.
Conversation& Dialogue::up_to_date(std::string_view answers) {
  hear_speaker(answers);
  return *conversation_;
}

void Dialogue::hear_speaker(std::string_view answers) {
  while (!shut_down_) {
    std::optional<Spoken> spoken = speaker_->take();
    if (!spoken) return;
    if (conversation_) hear(std::move(*spoken), answers);
  }
}

void Dialogue::hear(Spoken spoken, std::string_view answers) {
  const Overloaded hears{
      [&](const spoken::Word& word) {
        conversation_->next_word_began(word.ahead);
        carry_out(conversation_->word_spoken(word.turn), answers);
      },
      [&](const spoken::UtteranceEnded& end) {
        carry_out(conversation_->utterance_ended(end.turn), answers);
      },
      [&](spoken::Audio& audio) {
        listener_.reply_sounds();
        if (conversation_) conversation_->sound_spoken(audio.turn, audio::time_of(audio.samples.size()));
        output_.tell(events::AudioReady{audio.turn, static_cast<std::int64_t>(audio.samples.size())});
        output_.tell(events::AudioSpoken{audio.turn, std::move(audio.samples)}, answers);
        if (audio.came_at) output_.sound_came_at(*audio.came_at);
      },
      [&](spoken::Failed& failed) {
        Failure failure = events::failure_of(std::move(failed.error), Failure::Kind::warning);
        carry_out(conversation_->reply_failed(failed.turn, std::move(failure)), answers);
      },
  };
  std::visit(hears, spoken);
}

void Dialogue::hear_listener() {
  while (!shut_down_) {
    std::optional<Heard> heard = listener_.take();
    if (!heard) return;
    hear(std::move(*heard));
  }
}

void Dialogue::hear(Heard heard) {
  if (auto* unusable = std::get_if<heard::Unusable>(&heard)) return output_.tell(unusable->failure);
  if (const auto* sound = std::get_if<heard::Sound>(&heard)) recorder_.client_sounded(sound->samples);
  if (!conversation_) return;
  const Overloaded hears{
      [&](const heard::Sound& sound) {
        const Duration length = audio::time_of(sound.samples);
        carry_out(up_to_date().audio_received(length));
        tell_that_sound_comes(length);
      },
      [&](heard::Failed& failed) { carry_out(up_to_date().listening_failed(std::move(failed.failure))); },
      [&](const turn::SpeechStarted&) { carry_out(up_to_date().user_speech_started()); },
      [&](const turn::Word& word) { carry_out(up_to_date().user_word(word.text, word.start_time)); },
      [&](const turn::Paused&) { carry_out(up_to_date().user_paused()); },
      [&](const turn::HoldReply&) {
        speaker_->hold();
        output_.silence_wanted_at(sound_arrived_at_);
      },
      [&](const turn::ResumeReply&) { speaker_->go_on(); },
      [](const heard::Unusable&) {},
  };
  std::visit(hears, heard);
}

void Dialogue::tell_that_sound_comes(Duration length) {
  sound_not_told_ += length;
  if (sound_not_told_ < std::chrono::seconds(1) || !conversation_) return;
  sound_not_told_ = {};
  output_.tell(events::UserSoundComes{conversation_->history().for_client()});
}

awaitable<void> Dialogue::run_answers() {
  while (true) {
    co_await output_.room();
    std::optional<Answers::Part> part = co_await answers_.next();
    if (!part) co_return;
    if (conversation_) hear(std::move(*part));
  }
}

void Dialogue::hear(Answers::Part part) {
  const TurnId turn = part.turn;
  if (const auto* text = std::get_if<ReplyText>(&part.said)) {
    if (text->afresh) carry_out(up_to_date().model_began_afresh(turn));
    carry_out(up_to_date().model_text(turn, text->text));
  } else if (auto* failure = std::get_if<Failure>(&part.said)) {
    carry_out(up_to_date().reply_failed(turn, std::move(*failure)));
  } else {
    carry_out(up_to_date().model_finished(turn, std::move(std::get<AnswerEnd>(part.said))));
  }
}

awaitable<void> Dialogue::run_tools() {
  while (true) {
    std::optional<ToolRunner::Call> call = co_await tools_.next();
    if (!call) co_return;
    std::vector<events::Message> history;
    if (conversation_) history = conversation_->history().for_client();
    ToolRunner::Outcome outcome = co_await tools_.run(std::move(call->call), std::move(history));
    if (shut_down_) co_return;
    if (!conversation_) continue;
    if (outcome.failure) output_.tell(*outcome.failure);
    carry_out(up_to_date().tool_returned(call->turn, call->number, outcome.text));
  }
}

awaitable<void> Dialogue::run_speaker() {
  while (!shut_down_) {
    hear_speaker();
    co_await speaker_->wait();
  }
}

awaitable<void> Dialogue::run_voice() {
  return speaker_->run();
}

awaitable<void> Dialogue::run_listener() {
  while (!shut_down_) {
    hear_listener();
    co_await listener_.wait();
  }
}

awaitable<void> Dialogue::run_hearing() {
  return listener_.run();
}

}  // namespace unmuted
