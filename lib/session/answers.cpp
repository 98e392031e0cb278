#include "session/answers.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "conversation/rehearsal.hpp"
#include "core/utf8.hpp"
#include "session/script_reply.hpp"

namespace unmuted {

using net::awaitable;

Answers::Answers(net::asio::any_io_executor executor, const SessionEnvironment& environment,
                 WorkerPool::Share& scripts, Stage& stage)
    : executor_(std::move(executor)),
      environment_(environment),
      scripts_(scripts),
      stage_(stage),
      work_(executor_) {}

void Answers::ask(actions::AskModel ask) {
  asks_.push_back(std::move(ask));
  work_.notify();
}

void Answers::stop(TurnId turn) {
  std::erase_if(asks_, [&](const actions::AskModel& ask) { return ask.turn == turn; });
  if (asking_ != turn) return;
  asking_.reset();
  stream_->abort();
}

void Answers::shut_down() {
  shut_down_ = true;
  asks_.clear();
  asking_.reset();
  if (stream_) stream_->abort();
  work_.notify();
}

awaitable<std::optional<Answers::Part>> Answers::next() {
  while (!shut_down_) {
    if (!asking_) {
      stream_.reset();
      calls_.clear();
      if (asks_.empty()) {
        co_await work_.wait();
        continue;
      }
      asking_ = asks_.front().turn;
      stream_ = open(std::move(asks_.front()));
      asks_.pop_front();
    }
    const TurnId turn = *asking_;
    ReplyEvent event = co_await stream_->next();
    if (asking_ != turn) continue;  // stopped meanwhile
    std::optional<Part> part = take(turn, std::move(event));
    if (part) co_return part;
  }
  co_return std::nullopt;
}

std::unique_ptr<ReplyStream> Answers::open(actions::AskModel ask) {
  if (stage_.character()->has_reply) return script_reply(stage_, scripts_, std::move(ask.chat_history));
  if (environment_.language_model != nullptr) return ask_model(std::move(ask));
  return rehearse(ask);
}

std::unique_ptr<ReplyStream> Answers::ask_model(actions::AskModel ask) {
  ReplyRequest request;
  request.messages = std::move(ask.messages);
  if (ask.offer_tools) {
    request.tools = stage_.character()->tools;
    for (const events::ClientTool& tool : ask.options.tools.value_or(std::vector<events::ClientTool>()))
      request.tools.push_back({tool.name, tool.description, tool.parameters});
    request.tool_choice = ask.options.tool_choice.value_or(events::ToolChoice{});
  }
  request.temperature = ask.temperature;
  request.max_tokens = ask.options.max_tokens.value_or(0);
  request.count_tokens = ask.count_tokens;
  return environment_.language_model->start(executor_, std::move(request));
}

std::unique_ptr<ReplyStream> Answers::rehearse(const actions::AskModel& ask) const {
  const Character& character = *stage_.character();
  const std::string_view name = stage_.role().ad_hoc ? std::string_view{} : std::string_view(character.name);
  std::vector<ReplyEvent> events;
  events.emplace_back(ReplyText{rehearsal_reply(name, character.instructions.language, ask.chat_history)});
  events.emplace_back(ReplyFinished{});
  return std::make_unique<KnownReply>(std::move(events));
}

/// Calls are kept for the end.
std::optional<Answers::Part> Answers::take(TurnId turn, ReplyEvent event) {
  if (auto* text = std::get_if<ReplyText>(&event)) return Part{turn, std::move(*text)};
  if (auto* call = std::get_if<ToolCall>(&event)) {
    calls_.push_back(std::move(*call));
    return std::nullopt;
  }
  asking_.reset();
  if (auto* failed = std::get_if<ReplyFailed>(&event)) {
    return Part{turn, events::failure_of(std::move(failed->error), failed->kind)};
  }
  auto& finished = std::get<ReplyFinished>(event);
  note_end(finished);
  return Part{turn,
              AnswerEnd{std::move(calls_), finished.close, std::move(finished.reason), finished.tokens}};
}

/// What the operator should know of how a model's answer ended: the servers' words for an end that is not the
/// model's own are many, those for one that is are few.
void Answers::note_end(const ReplyFinished& finished) const {
  static constexpr std::array<std::string_view, 8> own_end{
      "", "none given", "stop", "tool_calls", "function_call", "end_turn", "eos", "stop_sequence"};
  if (std::find(own_end.begin(), own_end.end(), finished.reason) != own_end.end()) return;
  environment_.log->info("session {} reply_cut_short reason={}", stage_.session_id(),
                         shorten(printable(finished.reason), 100));
}

}  // namespace unmuted
