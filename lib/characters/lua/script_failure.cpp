#include "characters/lua/script_failure.hpp"

#include <optional>
#include <string>

#include "characters/lua/source_map.hpp"
#include "characters/lua/text_problem.hpp"
#include "characters/script/syntax.hpp"

namespace unmuted {
namespace {

/// The resource's name in "resources/<name>.lua"; empty when `file` is something else.
std::string_view resource_in(std::string_view file) {
  if (!file.starts_with(script_resources) || !file.ends_with(".lua")) return {};
  return file.substr(script_resources.size(), file.size() - script_resources.size() - 4);
}

Position place_of(const script::Failure& failure, const Origin& origin) {
  if (failure.file == origin.file_name && failure.line > 0) return {failure.line, 0};
  const LuaSourceMap places(origin.bytes);
  if (const std::string_view resource = resource_in(failure.file); !resource.empty()) {
    return places.find_require(resource);
  }
  const bool is_value =
      failure.kind == script::FailureKind::bad_value || failure.kind == script::FailureKind::not_utf8;
  // Such a message begins with the path of the value: "voice.path_on_server is …".
  if (is_value) return places.find(std::string_view(failure.message).substr(0, failure.message.find(" is ")));
  return {};
}

/// What there is to say about the text that failed beyond what Lua says; `code` becomes that of the true
/// cause.
std::optional<TextProblem> look_into(std::string_view text, const script::Failure& failure,
                                     std::string_view& code) {
  using enum script::FailureKind;
  if (script::is_compiled(text)) return std::nullopt;
  if (failure.kind == syntax || failure.kind == not_utf8) {
    auto encoding = explain_encoding(text);
    if (encoding) code = load_failure_code(not_utf8);
    if (encoding || failure.kind == not_utf8) return encoding;
    return explain_syntax_error(text, failure.message, failure.line);
  }
  if (failure.kind == runtime && failure.line == 0) return explain_emptiness(text);
  return std::nullopt;
}

std::string place_text(Position place) {
  std::string text;
  if (place.line > 0) text += ":" + std::to_string(place.line);
  if (place.column > 0) text += ":" + std::to_string(place.column);
  return text;
}

}  // namespace

std::string_view load_failure_code(script::FailureKind kind) {
  using enum script::FailureKind;
  switch (kind) {
    case syntax:
      return "syntax-error";
    case timeout:
      return "script-timeout";
    case memory:
    case exhausted:
      return "script-memory";
    case bad_value:
      return "invalid-field";
    case not_utf8:
      return "not-utf8";
    case resource_not_found:
      return "resource-not-found";
    case resource_cycle:
      return "resource-cycle";
    case runtime:
    case killed:
      break;
  }
  return "script-error";
}

Diagnostic explain_failure(const script::Failure& failure, const Origin& origin, std::string_view code) {
  const std::string_view resource = resource_in(failure.file);
  std::optional<TextProblem> problem;
  if (resource.empty()) {
    problem = look_into(origin.bytes, failure, code);
  } else if (origin.resources) {
    const auto text = origin.resources->find(resource);
    if (text != origin.resources->end()) problem = look_into(text->second, failure, code);
  }
  if (problem && resource.empty())
    return make_diagnostic(origin.file_name, problem->place, code, problem->message, problem->help);
  if (!problem) problem = {{failure.line, 0}, failure.message, {}};
  const std::string where = resource.empty() ? "" : failure.file + place_text(problem->place) + ": ";
  return make_diagnostic(origin.file_name, place_of(failure, origin), code, where + problem->message,
                         problem->help);
}

}  // namespace unmuted
