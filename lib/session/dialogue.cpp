#include "session/dialogue.hpp"

#include <algorithm>
#include <chrono>
#include <string>
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

Failure nobody_listens() {
  return {Failure::Kind::server_error, "service_unavailable", "No speech recognition is configured here"};
}

CloseFrame frame_of(const actions::CloseConnection& close) {
  const bool farewell = close.why == actions::CloseConnection::Why::farewell;
  return farewell ? CloseFrame{1000, "goodbye"} : CloseFrame{1011, "a service failed"};
}

}  // namespace

std::vector<std::string> drop_tools_of(const Character& character, events::ReplyOptions& options) {
  std::vector<std::string> taken;
  if (!options.tools) return taken;
  std::erase_if(*options.tools, [&](const events::ClientTool& tool) {
    const bool own = std::any_of(character.tools.begin(), character.tools.end(),
                                 [&](const Tool& one) { return one.name == tool.name; });
    if (own) taken.push_back(tool.name);
    return own;
  });
  return taken;
}

events::Failure tool_is_taken(const std::string& name) {
  return refusal("tool_name_taken", "The character has a tool '" +
                                        shorten(printable(name), ToolCall::max_name_bytes) +
                                        "' of its own, which takes the place of yours");
}

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
                          .stand_in = role.ad_hoc,
                          .settings = settings_,
                          .received = received_,
                          .history = std::move(history),
                          .first_turn = next_turn_};
  conversation_.emplace(std::move(setup));
  listener_.begin(listening_choice(), settings_.turns);
  carry_out(conversation_->start());
}

ListeningChoice Dialogue::listening_choice() const {
  const Character& character = *stage_.character();
  return {settings_.language.value_or(character.instructions.language), character.vocabulary};
}

void Dialogue::configure(const events::Settings& settings) {
  settings_ = settings;
  if (!conversation_) return;
  conversation_->configure(settings);
  if (listener_.set(listening_choice(), settings_.turns)) carry_out(up_to_date().user_sound_dropped());
}

std::optional<History> Dialogue::end() {
  if (!conversation_) return std::nullopt;
  carry_out(up_to_date().end());
  next_turn_ = conversation_->next_turn();
  received_ = conversation_->received();
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

template <class Ask>
void Dialogue::ask(std::string_view answers, Ask ask) {
  if (!conversation_) return output_.tell(no_character(), answers);
  carry_out(ask(up_to_date(answers)), answers);
}

void Dialogue::user_wrote(std::string text, std::string_view answers) {
  ask(answers, [&](Conversation& talk) { return talk.user_wrote(std::move(text)); });
}

void Dialogue::reply_requested(events::StartReply wanted, std::string_view answers) {
  if (conversation_) {
    const std::vector<std::string> taken = drop_tools_of(*stage_.character(), wanted.options);
    for (const std::string& name : taken) output_.tell(tool_is_taken(name), answers);
  }
  ask(answers, [&](Conversation& talk) { return talk.reply_wanted(std::move(wanted)); });
}

void Dialogue::item_added(events::AddItem wanted, std::string_view answers) {
  ask(answers, [&](Conversation& talk) { return talk.item_added(std::move(wanted.item), wanted.after); });
}

void Dialogue::item_wanted(const events::FindItem& wanted, std::string_view answers) {
  ask(answers, [&](Conversation& talk) { return talk.item_wanted(wanted.id); });
}

void Dialogue::item_cut(const events::CutItem& wanted, std::string_view answers) {
  ask(answers, [&](Conversation& talk) { return talk.item_cut(wanted.id, wanted.heard); });
}

void Dialogue::item_removed(const events::RemoveItem& wanted, std::string_view answers) {
  ask(answers, [&](Conversation& talk) { return talk.item_removed(wanted.id); });
}

/// Less than a tenth of a second is nothing that anybody said.
void Dialogue::user_turn_ended(std::string_view answers) {
  constexpr std::chrono::milliseconds least{100};
  if (environment_.speech_to_text == nullptr) return output_.tell(nobody_listens(), answers);
  if (listener_.heard_of_turn() < least) {
    const std::string came = std::to_string(
        std::chrono::duration_cast<std::chrono::milliseconds>(listener_.heard_of_turn()).count());
    return output_.tell(
        refusal("no_sound_to_commit", "At least 100 ms of sound make a turn; " + came + " ms have come"),
        answers);
  }
  if (settings_.turns.by == events::TurnRules::By::client) {
    ask(answers, [](Conversation& talk) { return talk.user_turn_ended(); });
  }
  listener_.end_turn();
  hear_listener();
}

void Dialogue::user_sound_dropped(std::string_view answers) {
  listener_.drop();
  if (conversation_) carry_out(up_to_date(answers).user_sound_dropped(), answers);
  output_.tell(events::UserSoundDropped{}, answers);
}

void Dialogue::cancel_requested(std::string_view answers) {
  if (!conversation_) {
    return output_.tell(refusal("response_not_active", "No response is in progress"), answers);
  }
  carry_out(up_to_date(answers).cancel_requested(), answers);
}

void Dialogue::sound_arrived(const events::AppendAudio& sound) {
  if (shut_down_) return;
  sound_arrived_at_ = Clock::now();
  listener_.hear(sound);
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
