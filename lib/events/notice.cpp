#include "events/notice.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "core/utf8.hpp"

namespace unmuted::events {

Failure failure_of(Error error, Failure::Kind kind) {
  Failure failure{kind, std::move(error.code), std::move(error.message)};
  if (kind == Failure::Kind::invalid_request && !error.where.empty()) failure.param = std::move(error.where);
  return failure;
}

Failure failure_of(Refusal refusal) {
  Failure failure{Failure::Kind::invalid_request, std::move(refusal.code), std::move(refusal.message)};
  if (!refusal.param.empty()) failure.param = std::move(refusal.param);
  failure.faults = std::move(refusal.faults);
  return failure;
}

std::string sent_message(const FileProblem& problem) {
  return shorten(is_utf8(problem.message) ? problem.message : printable(problem.message),
                 max_problem_message);
}

nlohmann::json readable_arguments(const ToolCalled& call) {
  auto read = read_json(call.arguments);
  return read ? std::move(*read) : nlohmann::json(call.arguments);
}

}  // namespace unmuted::events
