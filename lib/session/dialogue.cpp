#include "session/dialogue.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <variant>

#include <nlohmann/json.hpp>

#include "characters/tool_schema.hpp"
#include "conversation/rehearsal.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"
#include "session/silent_speaker.hpp"

namespace unmuted {
namespace {

using net::awaitable;
using nlohmann::json;

std::vector<events::ChatMessage> for_wire(std::vector<ChatMessage> messages) {
  std::vector<events::ChatMessage> wire;
  wire.reserve(messages.size());
  for (auto& message : messages) {
    wire.push_back({std::string(name_of(message.role)), std::move(message.content)});
  }
  return wire;
}

events::ErrorType error_type(actions::Severity severity) {
  switch (severity) {
    case actions::Severity::warning:
      return events::ErrorType::warning;
    case actions::Severity::server_error:
      return events::ErrorType::server_error;
    case actions::Severity::fatal:
      return events::ErrorType::fatal;
  }
  return events::ErrorType::server_error;
}

events::Error error_event(Error error, events::ErrorType type) {
  events::Error event;
  event.type = type;
  event.code = std::move(error.code);
  event.message = std::move(error.message);
  return event;
}

/// The arguments as JSON; what the model wrote where that is none.
json readable(const std::string& arguments) {
  auto read = read_json(arguments);
  return read ? std::move(*read) : json(arguments);
}

std::string joined(const std::vector<SchemaProblem>& problems) {
  std::string text;
  for (const auto& problem : problems) {
    if (!text.empty()) text += "; ";
    text += problem.path + ": " + problem.message;
  }
  return text;
}

bool is_limit(const Diagnostic& problem) {
  return problem.code == "script-timeout" || problem.code == "script-memory";
}

ToolOutcome failed_call(std::string why, ToolError error) {
  return {"Error: " + std::move(why), error, false};
}

/// Calls a tool with what the model wrote. Runs a script: for the pool.
ToolOutcome call_tool(ScriptInstance& script, const Tool& tool, const std::string& arguments,
                      const CallContext& context) {
  const auto read = read_json(arguments.empty() ? "{}" : arguments);
  if (!read) return failed_call("the arguments are not JSON", ToolError::json_parse);
  if (const auto problems = check_arguments(json::parse(tool.parameters), *read); !problems.empty()) {
    return failed_call(joined(problems), ToolError::validation);
  }
  auto result = script.call_tool(tool.name, *read, context);
  if (result) return {std::move(*result), std::nullopt, false};
  const Diagnostic& problem = result.error();
  const bool timeout = problem.code == "script-timeout";
  return {"Error: tool '" + tool.name + "' failed (" + problem.code + "): " + problem.message,
          timeout ? ToolError::timeout : ToolError::execution, is_limit(problem)};
}

}  // namespace

Error character_failure(const Character& character, const Diagnostic& problem) {
  return {"character_failed",
          "Character '" + character.name + "' failed (" + problem.code + "): " + problem.message, ""};
}

Dialogue::Dialogue(const net::asio::any_io_executor& executor, const SessionEnvironment& environment,
                   WorkerPool::Share& scripts, CharacterManager& characters, ClientLink& client)
    : environment_(environment),
      executor_(executor),
      scripts_(scripts),
      characters_(characters),
      client_(client),
      model_work_(executor),
      tool_work_(executor),
      speaker_(std::make_unique<SilentSpeaker>(executor, environment.words_per_minute)) {}

Dialogue::~Dialogue() = default;

// --- conversations ----------------------------------------------------------------------------------------

void Dialogue::begin(Role role) {
  end();
  role_ = std::move(role);
  const Character& character = *characters_.active()->character();
  ConversationSetup setup;
  setup.system_prompt = role_.system_prompt;
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

void Dialogue::set_context(json context) {
  role_.context.context = std::move(context);
}

void Dialogue::user_wrote(std::string text, std::string_view request_id) {
  if (!conversation_)
    return refuse("no_active_character", "Select a character with session.update first", request_id);
  carry_out(up_to_date(request_id).user_wrote(std::move(text)), request_id);
}

void Dialogue::reply_requested(std::string_view request_id) {
  if (!conversation_)
    return refuse("no_active_character", "Select a character with session.update first", request_id);
  carry_out(up_to_date(request_id).reply_requested(), request_id);
}

void Dialogue::cancel_requested(std::string_view request_id) {
  if (!conversation_) return refuse("response_not_active", "No response is in progress", request_id);
  carry_out(up_to_date(request_id).cancel_requested(), request_id);
}

void Dialogue::refuse(std::string code, std::string message, std::string_view request_id) {
  client_.send(
      error_event({std::move(code), std::move(message), ""}, events::ErrorType::invalid_request_error),
      request_id);
}

void Dialogue::shut_down() {
  if (shut_down_) return;
  shut_down_ = true;
  if (stream_) stream_->abort();
  asking_.reset();
  asks_.clear();
  calls_.clear();
  script_call_.abandon();
  tool_call_.abandon();
  model_work_.notify();
  tool_work_.notify();
  speaker_->shut_down();
}

// --- what a conversation wants done -----------------------------------------------------------------------

/// The conversation, which knows what has been spoken by now: every other input to it begins with this.
Conversation& Dialogue::up_to_date(std::string_view request_id) {
  hear_speaker(request_id);
  return *conversation_;
}

void Dialogue::hear_speaker(std::string_view request_id) {
  while (!shut_down_) {
    const std::optional<Spoken> spoken = speaker_->take();
    if (!spoken) return;
    if (!conversation_) continue;
    if (const auto* word = std::get_if<spoken::Word>(&*spoken)) {
      carry_out(conversation_->word_spoken(word->turn), request_id);
    } else if (const auto* end = std::get_if<spoken::UtteranceEnded>(&*spoken)) {
      carry_out(conversation_->utterance_ended(end->turn), request_id);
    }
  }
}

void Dialogue::carry_out(Actions actions, std::string_view request_id) {
  for (Action& action : actions) {
    if (shut_down_) return;
    if (!open_reply_.admits(action)) continue;
    std::visit([&](auto& one) { do_action(std::move(one), request_id); }, action);
  }
}

void Dialogue::do_action(actions::ReplyStarted action, std::string_view request_id) {
  client_.send(events::ResponseCreated{role_.voice, for_wire(std::move(action.chat_history))}, request_id);
}

void Dialogue::do_action(actions::AskModel action, std::string_view) {
  asks_.push_back(std::move(action));
  model_work_.notify();
}

void Dialogue::do_action(actions::WordReady action, std::string_view request_id) {
  speaker_->say(action.turn, action.text);
  client_.send(events::ResponseTextDeltaReady{std::move(action.text)}, {});
  hear_speaker(request_id);
}

void Dialogue::do_action(actions::WordsTakenBack action, std::string_view) {
  speaker_->take_back(action.turn, action.unspoken);
}

void Dialogue::do_action(actions::TextComplete action, std::string_view request_id) {
  speaker_->complete(action.turn);
  hear_speaker(request_id);
}

void Dialogue::do_action(actions::WordSpoken action, std::string_view) {
  client_.send(events::ResponseTextDelta{std::move(action.text)}, {});
}

void Dialogue::do_action(actions::RunTools action, std::string_view) {
  for (std::size_t i = 0; i < action.calls.size(); ++i) {
    calls_.push_back({action.turn, i, std::move(action.calls[i])});
  }
  tool_work_.notify();
}

void Dialogue::do_action(actions::ToolCalled action, std::string_view) {
  events::ToolCalled called;
  called.name = std::move(action.call.name);
  called.arguments = readable(action.call.arguments);
  called.result = std::move(action.result);
  client_.send(called, {});
}

void Dialogue::do_action(actions::StopModel action, std::string_view) {
  environment_.log->info("session {} reply_cut_short reason=too_long", characters_.session_id());
  stop_model(action.turn);
}

void Dialogue::do_action(actions::StopReply action, std::string_view) {
  stop_model(action.turn);
  speaker_->stop(action.turn);
  std::erase_if(calls_, [&](const PendingCall& call) { return call.turn == action.turn; });
}

void Dialogue::do_action(actions::ReplyEnded action, std::string_view request_id) {
  if (action.how == actions::Ending::interrupted_by_voice) client_.send(events::InterruptedByVad{}, {});
  client_.send(events::ResponseTextDone{std::move(action.text)}, request_id);
  client_.send(events::ResponseAudioDone{}, request_id);
  events::ConversationOutputs outputs;
  outputs.chat_history = for_wire(std::move(action.chat_history));
  client_.send(outputs, {});
  client_.reply_ended();
}

void Dialogue::do_action(actions::SpeechStarted, std::string_view) {
  client_.send(events::SpeechStarted{}, {});
}

void Dialogue::do_action(actions::SpeechStopped, std::string_view) {
  client_.send(events::SpeechStopped{}, {});
}

void Dialogue::do_action(actions::UserWord action, std::string_view) {
  client_.send(events::TranscriptionDelta{std::move(action.text), action.start_time}, {});
}

void Dialogue::do_action(actions::Refused action, std::string_view request_id) {
  refuse(std::move(action.error.code), std::move(action.error.message), request_id);
}

void Dialogue::do_action(actions::Failed action, std::string_view request_id) {
  environment_.log->warn("session {} reply_failed code={} message={}", characters_.session_id(),
                         action.error.code, printable(action.error.message));
  client_.send(error_event(std::move(action.error), error_type(action.severity)), request_id);
}

void Dialogue::do_action(actions::CloseConnection action, std::string_view) {
  const bool farewell = action.why == actions::CloseConnection::Why::farewell;
  client_.close(farewell ? CloseFrame{1000, "goodbye"} : CloseFrame{1011, "a service failed"});
}

void Dialogue::stop_model(TurnId turn) {
  std::erase_if(asks_, [&](const actions::AskModel& ask) { return ask.turn == turn; });
  if (asking_ != turn) return;
  asking_.reset();
  if (stream_) stream_->abort();
  script_call_.abandon();
}

// --- replies ----------------------------------------------------------------------------------------------

awaitable<void> Dialogue::run_model() {
  while (!shut_down_) {
    if (asks_.empty()) {
      co_await model_work_.wait();
      continue;
    }
    actions::AskModel ask = std::move(asks_.front());
    asks_.pop_front();
    asking_ = ask.turn;
    co_await answer(std::move(ask));
    stream_.reset();
    asking_.reset();
  }
}

awaitable<void> Dialogue::answer(actions::AskModel ask) {
  if (characters_.active()->character()->has_reply) {
    co_await answer_by_script(std::move(ask));
  } else if (environment_.language_model != nullptr) {
    co_await answer_by_model(std::move(ask));
  } else {
    answer_by_rehearsal(ask);
  }
}

awaitable<void> Dialogue::answer_by_model(actions::AskModel ask) {
  const TurnId turn = ask.turn;
  ReplyRequest request;
  request.messages = std::move(ask.messages);
  if (ask.offer_tools) request.tools = characters_.active()->character()->tools;
  request.temperature = ask.temperature;
  stream_ = environment_.language_model->start(executor_, std::move(request));
  std::vector<ToolCall> calls;
  while (asking(turn)) {
    co_await client_.room();
    if (!asking(turn)) break;
    ReplyEvent event = co_await stream_->next();
    if (!asking(turn)) break;
    const bool last =
        std::holds_alternative<ReplyFinished>(event) || std::holds_alternative<ReplyFailed>(event);
    hear(turn, std::move(event), calls);
    if (last) break;
  }
}

void Dialogue::hear(TurnId turn, ReplyEvent event, std::vector<ToolCall>& calls) {
  if (const auto* text = std::get_if<ReplyText>(&event)) {
    if (text->afresh) carry_out(up_to_date().model_began_afresh(turn));
    if (asking(turn)) carry_out(up_to_date().model_text(turn, text->text));
  } else if (auto* call = std::get_if<ToolCall>(&event)) {
    calls.push_back(std::move(*call));
  } else if (auto* failed = std::get_if<ReplyFailed>(&event)) {
    carry_out(up_to_date().reply_failed(turn, std::move(failed->error), actions::Severity::warning));
  } else if (auto* finished = std::get_if<ReplyFinished>(&event)) {
    note_end(*finished);
    AnswerEnd end{std::move(calls), false, std::move(finished->reason)};
    carry_out(up_to_date().model_finished(turn, std::move(end)));
  }
}

/// What the operator should know of how a model's answer ended: the servers' words for an end that is not the
/// model's own are many, those for one that is are few.
void Dialogue::note_end(const ReplyFinished& finished) const {
  static constexpr std::array<std::string_view, 8> own_end{
      "", "none given", "stop", "tool_calls", "function_call", "end_turn", "eos", "stop_sequence"};
  if (std::find(own_end.begin(), own_end.end(), finished.reason) != own_end.end()) return;
  environment_.log->info("session {} reply_cut_short reason={}", characters_.session_id(),
                         shorten(printable(finished.reason), 100));
}

void Dialogue::answer_by_rehearsal(const actions::AskModel& ask) {
  const Character& character = *characters_.active()->character();
  const std::string_view name = role_.ad_hoc ? std::string_view{} : std::string_view(character.name);
  const std::string text = rehearsal_reply(name, character.instructions.language, ask.chat_history);
  carry_out(up_to_date().model_text(ask.turn, text));
  if (asking(ask.turn)) carry_out(up_to_date().model_finished(ask.turn, {}));
}

awaitable<void> Dialogue::answer_by_script(actions::AskModel ask) {
  const TurnId turn = ask.turn;
  std::optional<ScriptAnswer> answer = co_await ask_script(turn, script_context(ask.chat_history));
  if (!asking(turn)) co_return;
  if (!answer) {
    fail(turn,
         {"service_at_capacity", "The server is too busy to run the character's script; try again", ""});
  } else if (!*answer) {
    fail(turn, character_failure(*characters_.active()->character(), answer->error()));
  } else {
    const ScriptReply& said = **answer;
    carry_out(up_to_date().model_text(turn, said.text));
    AnswerEnd end;
    end.close = said.close;
    if (asking(turn)) carry_out(up_to_date().model_finished(turn, std::move(end)));
  }
}

/// Nothing when the pool has no room, or the turn has ended.
awaitable<std::optional<Dialogue::ScriptAnswer>> Dialogue::ask_script(TurnId turn, CallContext context) {
  while (asking(turn)) {
    auto instance = co_await usable_instance(script_call_);
    if (!asking(turn)) break;
    if (!instance) co_return ScriptAnswer(tl::unexpected(instance.error()));
    auto job = [script = *instance, context]() -> ScriptAnswer { return script->reply(context); };
    std::optional<ScriptAnswer> answer = co_await net::offload(scripts_, script_call_, std::move(job));
    // A reply that was cancelled runs on, and may have ended the script before it was this one's turn.
    const bool ended_before = answer && !*answer && (*instance)->dead() && !is_limit(answer->error());
    if (!ended_before) co_return answer;
  }
  co_return std::nullopt;
}

void Dialogue::fail(TurnId turn, Error error) {
  carry_out(up_to_date().reply_failed(turn, std::move(error), actions::Severity::server_error));
}

// --- tools ------------------------------------------------------------------------------------------------

awaitable<void> Dialogue::run_tools() {
  while (!shut_down_) {
    if (calls_.empty()) {
      co_await tool_work_.wait();
      continue;
    }
    PendingCall pending = std::move(calls_.front());
    calls_.pop_front();
    const Character& character = *characters_.active()->character();
    environment_.metrics.count_tool_call(character.name, pending.call.name);
    const TimePoint started = Clock::now();
    ToolOutcome outcome = co_await run_tool(pending.call);
    if (shut_down_) co_return;
    environment_.metrics.observe_tool_latency(pending.call.name, Clock::now() - started);
    if (outcome.error) environment_.metrics.count_tool_error(*outcome.error);
    if (!conversation_) continue;
    if (outcome.ended_by_limit) {
      const Error error{"character_failed", outcome.text, ""};
      client_.send(error_event(error, events::ErrorType::warning), {});
    }
    carry_out(up_to_date().tool_returned(pending.turn, pending.number, outcome.text));
  }
}

awaitable<ToolOutcome> Dialogue::run_tool(ToolCall call) {
  const CharacterPtr character = characters_.active()->character();
  const auto tool = std::find_if(character->tools.begin(), character->tools.end(),
                                 [&](const Tool& one) { return one.name == call.name; });
  if (tool == character->tools.end()) {
    co_return failed_call("there is no tool '" + shorten(printable(call.name), 60) + "'",
                          ToolError::execution);
  }
  auto instance = co_await usable_instance(tool_call_);
  if (shut_down_) co_return ToolOutcome{};
  if (!instance) co_return failed_call(instance.error().message, ToolError::execution);
  if ((*instance)->character() != character) {
    co_return failed_call("the character has left", ToolError::execution);
  }
  const std::vector<ChatMessage> history =
      conversation_ ? conversation_->history().for_client() : std::vector<ChatMessage>{};
  auto job = [script = *instance, &tool = *tool, arguments = std::move(call.arguments),
              context = script_context(history)] {  // the script holds the character, and that its tools
    return call_tool(*script, tool, arguments, context);
  };
  std::optional<ToolOutcome> outcome = co_await net::offload(scripts_, tool_call_, std::move(job));
  if (!outcome) co_return failed_call("the server is too busy", ToolError::execution);
  co_return std::move(*outcome);
}

// --- speech -----------------------------------------------------------------------------------------------

awaitable<void> Dialogue::run_speaker() {
  while (!shut_down_) {
    hear_speaker();
    co_await speaker_->wait();
  }
}

// --- scripts ----------------------------------------------------------------------------------------------

awaitable<tl::expected<ScriptInstancePtr, Diagnostic>> Dialogue::usable_instance(net::PoolCall& call) {
  ScriptInstancePtr instance = characters_.active();
  if (!instance->dead()) co_return instance;
  InstanceOptions options = role_.options;
  options.seed = environment_.script_seed.value_or(random_seed());
  using Made = tl::expected<ScriptInstancePtr, Diagnostic>;
  auto job = [character = instance->character(), options = std::move(options)]() mutable -> Made {
    return ScriptInstance::create(std::move(character), std::move(options));
  };
  std::optional<Made> made = co_await net::offload(scripts_, call, std::move(job));
  if (!made) co_return instance;  // abandoned, or no room: whoever asks is told by the dead one
  if (!*made) co_return tl::unexpected(made->error());
  if (characters_.active() != instance) {
    // Another character was selected meanwhile, or this one was made anew by the other coroutine.
    let_go_of_script(std::move(**made));
    co_return characters_.active() ? characters_.active() : instance;
  }
  let_go_of_script(characters_.activate(**made));
  co_return **made;
}

void Dialogue::let_go_of_script(std::shared_ptr<const void> script) {
  if (script) scripts_.submit([script = std::move(script)] {});
}

CallContext Dialogue::script_context(const std::vector<ChatMessage>& chat_history) const {
  CallContext context = role_.context;
  context.now = std::chrono::system_clock::now();
  for (const ChatMessage& message : chat_history) {
    context.history.push_back({{"role", name_of(message.role)}, {"content", message.content}});
  }
  return context;
}

}  // namespace unmuted
