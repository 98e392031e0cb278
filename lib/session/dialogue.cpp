#include "session/dialogue.hpp"

#include <utility>
#include <variant>

#include "core/utf8.hpp"
#include "session/silent_speaker.hpp"

namespace unmuted {
namespace {

using events::Failure;
using net::awaitable;

std::vector<events::Message> told(std::vector<ChatMessage> messages) {
  std::vector<events::Message> history;
  history.reserve(messages.size());
  for (auto& message : messages)
    history.push_back({std::string(name_of(message.role)), std::move(message.content)});
  return history;
}

Failure::Kind kind_of(actions::Severity severity) {
  switch (severity) {
    case actions::Severity::warning:
      return Failure::Kind::warning;
    case actions::Severity::server_error:
      return Failure::Kind::server_error;
    case actions::Severity::fatal:
      return Failure::Kind::fatal;
  }
  return Failure::Kind::server_error;
}

}  // namespace

Dialogue::Dialogue(const net::asio::any_io_executor& executor, const SessionEnvironment& environment,
                   WorkerPool::Share& scripts, Stage& stage, Output& output,
                   std::function<void(CloseFrame)> close)
    : environment_(environment),
      stage_(stage),
      output_(output),
      close_(std::move(close)),
      answers_(executor, environment, scripts, stage),
      tools_(executor, environment.metrics, scripts, stage),
      speaker_(std::make_unique<SilentSpeaker>(executor, environment.words_per_minute)) {}

// --- conversations ----------------------------------------------------------------------------------------

void Dialogue::begin() {
  end();
  const Character& character = *stage_.character();
  ConversationSetup setup;
  setup.system_prompt = stage_.role().system_prompt;
  setup.greeting = character.greeting;
  setup.has_tools = !character.tools.empty();
  setup.first_turn = next_turn_;
  conversation_.emplace(std::move(setup));
  carry_out(conversation_->start());
}

void Dialogue::end() {
  if (!conversation_) return;
  carry_out(up_to_date().end());
  next_turn_ = conversation_->next_turn();
  conversation_.reset();
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

void Dialogue::user_wrote(std::string text, std::string_view answers) {
  if (!conversation_)
    return refuse("no_active_character", "Select a character with session.update first", answers);
  carry_out(up_to_date(answers).user_wrote(std::move(text)), answers);
}

void Dialogue::reply_requested(std::string_view answers) {
  if (!conversation_)
    return refuse("no_active_character", "Select a character with session.update first", answers);
  carry_out(up_to_date(answers).reply_requested(), answers);
}

void Dialogue::cancel_requested(std::string_view answers) {
  if (!conversation_) return refuse("response_not_active", "No response is in progress", answers);
  carry_out(up_to_date(answers).cancel_requested(), answers);
}

void Dialogue::refuse(std::string code, std::string message, std::string_view answers) {
  output_.tell(Failure{Failure::Kind::invalid_request, std::move(code), std::move(message)}, answers);
}

void Dialogue::shut_down() {
  if (shut_down_) return;
  shut_down_ = true;
  answers_.shut_down();
  tools_.shut_down();
  speaker_->shut_down();
}

// --- what a conversation wants done -----------------------------------------------------------------------

/// The conversation, which knows what has been spoken by now: every other input to it begins with this.
Conversation& Dialogue::up_to_date(std::string_view answers) {
  hear_speaker(answers);
  return *conversation_;
}

void Dialogue::hear_speaker(std::string_view answers) {
  while (!shut_down_) {
    const std::optional<Spoken> spoken = speaker_->take();
    if (!spoken) return;
    if (!conversation_) continue;
    if (const auto* word = std::get_if<spoken::Word>(&*spoken)) {
      carry_out(conversation_->word_spoken(word->turn), answers);
    } else if (const auto* end = std::get_if<spoken::UtteranceEnded>(&*spoken)) {
      carry_out(conversation_->utterance_ended(end->turn), answers);
    }
  }
}

void Dialogue::carry_out(Actions actions, std::string_view answers) {
  for (Action& action : actions) {
    if (shut_down_) return;
    if (!open_reply_.admits(action)) continue;
    std::visit([&](auto& one) { do_action(std::move(one), answers); }, action);
  }
}

void Dialogue::do_action(actions::ReplyStarted action, std::string_view answers) {
  output_.tell(events::ReplyStarted{action.turn, stage_.role().voice, told(std::move(action.chat_history))},
               answers);
}

void Dialogue::do_action(actions::AskModel action, std::string_view) {
  answers_.ask(std::move(action));
}

void Dialogue::do_action(actions::WordReady action, std::string_view answers) {
  speaker_->say(action.turn, action.text);
  output_.tell(events::WordReady{action.turn, std::move(action.text)});
  hear_speaker(answers);
}

void Dialogue::do_action(actions::WordsTakenBack action, std::string_view) {
  speaker_->take_back(action.turn, action.unspoken);
}

void Dialogue::do_action(actions::TextComplete action, std::string_view answers) {
  speaker_->complete(action.turn);
  hear_speaker(answers);
}

void Dialogue::do_action(actions::WordSpoken action, std::string_view) {
  output_.tell(events::WordSpoken{action.turn, std::move(action.text)});
}

void Dialogue::do_action(actions::RunTools action, std::string_view) {
  tools_.add(action.turn, std::move(action.calls));
}

void Dialogue::do_action(actions::ToolCalled action, std::string_view) {
  output_.tell(events::ToolCalled{action.turn, std::move(action.call.name), std::move(action.call.arguments),
                                  std::move(action.result)});
}

void Dialogue::do_action(actions::StopModel action, std::string_view) {
  environment_.log->info("session {} reply_cut_short reason=too_long", stage_.session_id());
  answers_.stop(action.turn);
}

void Dialogue::do_action(actions::StopReply action, std::string_view) {
  answers_.stop(action.turn);
  speaker_->stop(action.turn);
  tools_.drop(action.turn);
}

void Dialogue::do_action(actions::ReplyEnded action, std::string_view answers) {
  const auto how = static_cast<events::Ending>(action.how);
  output_.tell(
      events::ReplyEnded{action.turn, std::move(action.text), how, told(std::move(action.chat_history))},
      answers);
  if (close_after_reply_) close_(std::move(*close_after_reply_));
}

void Dialogue::do_action(actions::SpeechStarted, std::string_view) {
  output_.tell(events::UserSpeechStarted{});
}

void Dialogue::do_action(actions::SpeechStopped, std::string_view) {
  output_.tell(events::UserSpeechStopped{});
}

void Dialogue::do_action(actions::UserWord action, std::string_view) {
  output_.tell(events::UserWord{std::move(action.text), action.start_time});
}

void Dialogue::do_action(actions::Refused action, std::string_view answers) {
  refuse(std::move(action.error.code), std::move(action.error.message), answers);
}

void Dialogue::do_action(actions::Failed action, std::string_view answers) {
  environment_.log->warn("session {} reply_failed code={} message={}", stage_.session_id(), action.error.code,
                         printable(action.error.message));
  output_.tell(events::failure_of(std::move(action.error), kind_of(action.severity)), answers);
}

void Dialogue::do_action(actions::CloseConnection action, std::string_view) {
  const bool farewell = action.why == actions::CloseConnection::Why::farewell;
  close_(farewell ? CloseFrame{1000, "goodbye"} : CloseFrame{1011, "a service failed"});
}

// --- what the stations report -----------------------------------------------------------------------------

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
  } else if (auto* failed = std::get_if<actions::Failed>(&part.said)) {
    carry_out(up_to_date().reply_failed(turn, std::move(failed->error), failed->severity));
  } else {
    carry_out(up_to_date().model_finished(turn, std::move(std::get<AnswerEnd>(part.said))));
  }
}

awaitable<void> Dialogue::run_tools() {
  while (true) {
    std::optional<ToolRunner::Call> call = co_await tools_.next();
    if (!call) co_return;
    auto history = conversation_ ? conversation_->history().for_client() : std::vector<ChatMessage>{};
    ToolRunner::Outcome outcome = co_await tools_.run(std::move(call->call), std::move(history));
    if (shut_down_) co_return;
    if (!conversation_) continue;
    if (outcome.ended_by_limit) {
      output_.tell(Failure{Failure::Kind::warning, "character_failed", outcome.text});
    }
    carry_out(up_to_date().tool_returned(call->turn, call->number, outcome.text));
  }
}

awaitable<void> Dialogue::run_speaker() {
  while (!shut_down_) {
    hear_speaker();
    co_await speaker_->wait();
  }
}

}  // namespace unmuted
