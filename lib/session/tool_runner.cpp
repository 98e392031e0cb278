#include "session/tool_runner.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "characters/tool_schema.hpp"
#include "core/clock.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

using net::awaitable;
using nlohmann::json;
using Outcome = ToolRunner::Outcome;

std::string joined(const std::vector<SchemaProblem>& problems) {
  std::string text;
  for (const auto& problem : problems) {
    if (!text.empty()) text += "; ";
    text += problem.path + ": " + problem.message;
  }
  return text;
}

Outcome failed(std::string why, ToolError error) {
  return {"Error: " + std::move(why), error, std::nullopt};
}

/// Calls a tool with what the model wrote. Runs a script: for the pool.
Outcome call_tool(ScriptInstance& script, const Tool& tool, const std::string& arguments,
                  const CallContext& context) {
  const auto read = read_json(arguments.empty() ? "{}" : arguments);
  if (!read) return failed("the arguments are not JSON", ToolError::json_parse);
  if (const auto problems = check_arguments(json::parse(tool.parameters), *read); !problems.empty()) {
    return failed(joined(problems), ToolError::validation);
  }
  auto result = script.call_tool(tool.name, *read, context);
  if (result) return {std::move(*result), std::nullopt, std::nullopt};
  const Diagnostic& problem = result.error();
  const bool timeout = problem.code == "script-timeout";
  Outcome outcome = failed("tool '" + tool.name + "' failed (" + problem.code + "): " + problem.message,
                           timeout ? ToolError::timeout : ToolError::execution);
  if (is_limit(problem)) {
    outcome.failure = events::Failure{events::Failure::Kind::warning, "character_failed", outcome.text};
  }
  return outcome;
}

}  // namespace

ToolRunner::ToolRunner(const net::asio::any_io_executor& executor, Metrics& metrics,
                       WorkerPool::Share& scripts, Stage& stage)
    : metrics_(metrics), scripts_(scripts), stage_(stage), work_(executor) {}

void ToolRunner::add(TurnId turn, std::vector<ToolCall> calls) {
  for (std::size_t i = 0; i < calls.size(); ++i) calls_.push_back({turn, i, std::move(calls[i])});
  work_.notify();
}

void ToolRunner::drop(TurnId turn) {
  std::erase_if(calls_, [&](const Call& call) { return call.turn == turn; });
}

void ToolRunner::shut_down() {
  shut_down_ = true;
  calls_.clear();
  running_.abandon();
  work_.notify();
}

awaitable<std::optional<ToolRunner::Call>> ToolRunner::next() {
  while (!shut_down_) {
    if (calls_.empty()) {
      co_await work_.wait();
      continue;
    }
    Call call = std::move(calls_.front());
    calls_.pop_front();
    co_return call;
  }
  co_return std::nullopt;
}

awaitable<Outcome> ToolRunner::run(ToolCall call, std::vector<events::Message> chat_history) {
  const std::string name = call.name;
  metrics_.count_tool_call(stage_.character()->name, name);
  const TimePoint started = Clock::now();
  Outcome outcome = co_await run_unmeasured(std::move(call), std::move(chat_history));
  if (shut_down_) co_return outcome;
  metrics_.observe_tool_latency(name, Clock::now() - started);
  if (outcome.error) metrics_.count_tool_error(*outcome.error);
  co_return outcome;
}

awaitable<Outcome> ToolRunner::run_unmeasured(ToolCall call, std::vector<events::Message> chat_history) {
  const CharacterPtr character = stage_.character();
  const auto tool = std::find_if(character->tools.begin(), character->tools.end(),
                                 [&](const Tool& one) { return one.name == call.name; });
  if (tool == character->tools.end()) {
    co_return failed("there is no tool '" + shorten(printable(call.name), 60) + "'", ToolError::execution);
  }
  auto script = co_await stage_.script(running_);
  if (shut_down_) co_return Outcome{};
  if (!script) co_return failed(script.error().message, ToolError::execution);
  if ((*script)->character() != character) co_return failed("the character has left", ToolError::execution);
  auto job = [script = *script, &tool = *tool, arguments = std::move(call.arguments),
              context =
                  stage_.call_context(chat_history)] {  // the script holds the character, and that its tools
    return call_tool(*script, tool, arguments, context);
  };
  std::optional<Outcome> outcome = co_await net::offload(scripts_, running_, std::move(job));
  if (!outcome) co_return failed("the server is too busy", ToolError::execution);
  co_return std::move(*outcome);
}

}  // namespace unmuted
