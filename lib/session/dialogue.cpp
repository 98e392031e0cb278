#include "session/dialogue.hpp"

#include <chrono>
#include <utility>
#include <variant>

#include "core/overloaded.hpp"
#include "core/utf8.hpp"
#include "session/silent_speaker.hpp"
#include "session/voice_speaker.hpp"

namespace unmuted {
namespace {

using events::Failure;
using net::awaitable;

Failure refusal(std::string code, std::string message) {
  return {Failure::Kind::invalid_request, std::move(code), std::move(message)};
}

/// Whose voice the character on the stage has at the service that speaks.
VoiceChoice voice_on(const Stage& stage) {
  const Character& character = *stage.character();
  return {character.voice.path_on_server, character.voice.names, character.instructions.language};
}

std::unique_ptr<Speaker> make_speaker(const net::asio::any_io_executor& executor,
                                      const SessionEnvironment& environment, const Stage& stage) {
  if (environment.text_to_speech == nullptr) {
    return std::make_unique<SilentSpeaker>(executor, environment.words_per_minute);
  }
  return std::make_unique<VoiceSpeaker>(
      executor, *environment.text_to_speech, [&stage] { return voice_on(stage); }, environment.audio_lead);
}

Failure no_character() {
  return refusal("no_active_character", "Select a character first");
}

CloseFrame frame_of(const actions::CloseConnection& close) {
  const bool farewell = close.why == actions::CloseConnection::Why::farewell;
  return farewell ? CloseFrame{1000, "goodbye"} : CloseFrame{1011, "a service failed"};
}

}  // namespace

Dialogue::Dialogue(const net::asio::any_io_executor& executor, const SessionEnvironment& environment,
                   WorkerPool::Share& scripts, Stage& stage, Output& output, Recorder& recorder,
                   std::function<void(CloseFrame)> close)
    : environment_(environment),
      stage_(stage),
      output_(output),
      recorder_(recorder),
      close_(std::move(close)),
      answers_(executor, environment, scripts, stage),
      tools_(executor, environment.metrics, scripts, stage),
      speaker_(make_speaker(executor, environment, stage)),
      listener_(executor, environment.speech_to_text) {}

// --- conversations ----------------------------------------------------------------------------------------

void Dialogue::begin(History history) {
  end();
  const Character& character = *stage_.character();
  const Role& role = stage_.role();
  ConversationSetup setup{.system_prompt = role.system_prompt,
                          .voice = role.voice,
                          .greeting = character.greeting,
                          .has_tools = !character.tools.empty(),
                          .history = std::move(history),
                          .first_turn = next_turn_};
  conversation_.emplace(std::move(setup));
  listener_.begin({character.instructions.language, character.vocabulary});
  carry_out(conversation_->start());
}

std::optional<History> Dialogue::end() {
  if (!conversation_) return std::nullopt;
  carry_out(up_to_date().end());
  next_turn_ = conversation_->next_turn();
  std::optional<History> history = conversation_->take_history();
  conversation_.reset();
  listener_.end();
  return history;
}

void Dialogue::close_after_reply(CloseFrame frame) {
  if (!replying()) return close_(std::move(frame));
  close_after_reply_ = std::move(frame);
}

void Dialogue::end_and_close(CloseFrame frame) {
  close_after_reply_.reset();
  end();
  close_(std::move(frame));
}

void Dialogue::shut_down() {
  if (shut_down_) return;
  shut_down_ = true;
  answers_.shut_down();
  tools_.shut_down();
  speaker_->shut_down();
  listener_.shut_down();
}

// --- what the client asks for -----------------------------------------------------------------------------

void Dialogue::user_wrote(std::string text, std::string_view answers) {
  if (!conversation_) return output_.tell(no_character(), answers);
  carry_out(up_to_date(answers).user_wrote(std::move(text)), answers);
}

void Dialogue::reply_requested(std::string_view answers) {
  if (!conversation_) return output_.tell(no_character(), answers);
  carry_out(up_to_date(answers).reply_requested(), answers);
}

void Dialogue::cancel_requested(std::string_view answers) {
  if (!conversation_) {
    return output_.tell(refusal("response_not_active", "No response is in progress"), answers);
  }
  carry_out(up_to_date(answers).cancel_requested(), answers);
}

void Dialogue::sound_arrived(std::string_view base64) {
  if (shut_down_) return;
  sound_arrived_at_ = Clock::now();
  listener_.hear(base64);
  hear_listener();
}

// --- what a conversation wants done -----------------------------------------------------------------------

void Dialogue::carry_out(Actions actions, std::string_view answers) {
  for (Action& action : actions) {
    if (shut_down_) return;
    if (open_reply_.admits(action)) carry_out(action, answers);
  }
}

void Dialogue::carry_out(Action& action, std::string_view answers) {
  const Overloaded does{
      [&](const events::Notice& notice) { tell(notice, answers); },
      [&](actions::AskModel& ask) { answers_.ask(std::move(ask)); },
      [&](const actions::SayWord& say) {
        speaker_->say(say.word.turn, say.word.text);
        output_.tell(say.word, answers);
        hear_speaker(answers);
      },
      [&](const actions::WordsTakenBack& back) { speaker_->take_back(back.turn, back.unspoken); },
      [&](const actions::TextComplete& text) {
        speaker_->complete(text.turn);
        hear_speaker(answers);
      },
      [&](actions::RunTools& run) { tools_.add(run.turn, std::move(run.calls)); },
      [&](const actions::StopModel& stop) {
        environment_.log->info("session {} reply_cut_short reason=too_long", stage_.session_id());
        answers_.stop(stop.turn);
      },
      [&](const actions::StopReply& stop) {
        answers_.stop(stop.turn);
        speaker_->stop(stop.turn);
        tools_.drop(stop.turn);
      },
      [&](const actions::CloseConnection& close) { close_(frame_of(close)); },
  };
  std::visit(does, action);
}

void Dialogue::tell(const events::Notice& notice, std::string_view answers) {
  const auto* failure = std::get_if<Failure>(&notice);
  if (failure != nullptr && failure->kind != Failure::Kind::invalid_request) {
    environment_.log->warn("session {} reply_failed code={} message={}", stage_.session_id(), failure->code,
                           printable(failure->message));
  }
  if (std::holds_alternative<events::ReplyStarted>(notice)) listener_.reply_began();
  const auto* ended = std::get_if<events::ReplyEnded>(&notice);
  if (ended != nullptr) listener_.reply_ended(ended->how == events::Ending::finished);
  output_.tell(notice, answers);
  if (close_after_reply_ && ended != nullptr) {
    close_(std::move(*close_after_reply_));
  }
}

}  // namespace unmuted
