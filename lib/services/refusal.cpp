#include "services/refusal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/ascii.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"
#include "net/http.hpp"
#include "services/json_fields.hpp"
#include "services/text_signs.hpp"

namespace unmuted {

using nlohmann::json;

namespace {

constexpr std::size_t max_quoted = 200;  ///< bytes of what a server said, in a message of ours

std::string excerpt(std::string_view text) {
  return shorten(printable(text), max_quoted);
}

bool says_something(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") != std::string_view::npos;
}

/// Gateways give a code to what succeeded, too.
bool says_all_is_well(const json& given) {
  const std::string text = lower_ascii(text_of(given));
  return given == 0 || given == 200 || text == "0" || text == "200" || text == "ok" || text == "success";
}

/// What an error says, and of which parameter of the request.
struct Said {
  std::string text, parameter, names;
};

/// "temperature", or "messages.0.role": the `param` of OpenAI, or the place that FastAPI names, whose first
/// word is "body".
std::string parameter_of(const json& error) {
  std::string parameter = text_of(member(error, "param"));
  const json& place = member(error, "loc");
  for (std::size_t i = 0; place.is_array() && i < place.size(); ++i) {
    const std::string word = place[i].is_number_integer() ? place[i].dump() : text_of(place[i]);
    if (word.empty() || (i == 0 && word == "body")) continue;
    parameter += (parameter.empty() ? "" : ".") + word;
  }
  return says_something(parameter) ? parameter : std::string();
}

/// The message of an error, whichever way it is given: as text, as an object with one, or as a code at least.
Said said_of(const json& error) {
  if (error.is_array()) return error.empty() ? Said() : said_of(error.front());
  if (error.is_string()) return says_something(text_of(error)) ? Said{text_of(error), "", ""} : Said();
  if (says_all_is_well(member(error, "code"))) return {};
  const std::string names = text_of(member(error, "code")) + ' ' + text_of(member(error, "type"));
  for (const char* name : {"message", "detail", "msg", "error", "type", "code"}) {
    const json& text = member(error, name);
    if (says_something(text_of(text))) return {text_of(text), parameter_of(error), names};
    if (text.is_object() || text.is_array()) {
      if (Said inner = said_of(text); !inner.text.empty()) return inner;
    }
  }
  const json& number = member(error, "code");
  if (!number.is_number_integer() || number == 0) return {};
  return {"error " + number.dump(), parameter_of(error), names};
}

std::string text_of_error(const json& error) {
  const Said said = said_of(error);
  const bool named =
      said.parameter.empty() || lower_ascii(said.text).find(lower_ascii(said.parameter)) != std::string::npos;
  return named ? said.text : said.parameter + ": " + said.text;
}

/// The object of a failed request that says most.
Said said_of_answer(const json& answer) {
  const json& first = answer.is_array() && !answer.empty() ? answer.front() : answer;
  Said said = said_of(member(first, "error"));
  return said.text.empty() ? said_of(first) : said;
}

/// Whether an object that is no part of a reply and has no `error` is one itself.
bool is_error_itself(const json& answer) {
  if (member(answer, "choices").is_array()) return false;
  const json& detail = member(answer, "detail");
  if (says_something(text_of(detail)) || (detail.is_array() && !detail.empty())) return true;
  if (!says_something(text_of(member(answer, "message")))) return false;
  const json& code = member(answer, "code");
  return text_of(member(answer, "object")) == "error" || text_of(member(answer, "type")) == "error" ||
         says_something(text_of(code)) || (code.is_number_integer() && code >= 400);
}

std::optional<std::chrono::milliseconds> seconds(double value) {
  constexpr double most = 3600;
  if (!std::isfinite(value) || value < 0) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(value, most) * 1000));
}

/// The header Retry-After in seconds, or Hugging Face's `estimated_time`. A date is passed over.
std::optional<std::chrono::milliseconds> retry_after(const net::HttpResponse& response, const json& answer) {
  for (const auto& [name, value] : response.headers) {
    if (lower_ascii(name) != "retry-after") continue;
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc{} && end == value.data() + value.size()) return seconds(number);
  }
  const json& estimated = member(answer, "estimated_time");
  return estimated.is_number() ? seconds(estimated.get<double>()) : std::nullopt;
}

/// Where a response sends the client: host and path, for the rest may hold a secret. Empty when nowhere.
std::string location(const net::HttpResponse& response) {
  if (response.status < 300 || response.status > 399) return {};
  for (const auto& [name, value] : response.headers) {
    if (lower_ascii(name) != "location") continue;
    std::string_view place = value;
    place = place.substr(0, place.find_first_of("?#"));
    const std::size_t scheme = place.find("//");
    if (scheme != std::string_view::npos) place.remove_prefix(scheme + 2);
    const std::size_t user = place.substr(0, place.find('/')).rfind('@');
    if (user != std::string_view::npos) place.remove_prefix(user + 1);
    return excerpt(place);
  }
  return {};
}

/// The account has nothing left: waiting does not help.
bool is_out_of_credit(const json& answer) {
  const json& error = member(answer, "error");
  for (const char* name : {"code", "type"}) {
    const std::string value = lower_ascii(text_of(member(error, name)));
    if (value.starts_with("insufficient_") || value.starts_with("billing_")) return true;
  }
  return false;
}

bool is_loading(const Refusal& refusal, const json& answer, std::string_view said) {
  if (refusal.status < 500 && refusal.status != 425) return false;
  if (contains_any(said, {"loading model", "loading the model", "model is loading", "currently loading",
                          "still loading", "warming up", "model is not ready"}))
    return true;
  if (refusal.status != 503) return false;
  return contains_any(said, {"loading", "starting"}) || refusal.retry_after.has_value() ||
         text_of(member(member(answer, "error"), "type")) == "unavailable_error";
}

}  // namespace

std::string said_failure(const json& answer) {
  if (answer.is_array() && !answer.empty()) return said_failure(answer.front());
  if (std::string text = text_of_error(member(answer, "error")); !text.empty()) return excerpt(text);
  return is_error_itself(answer) ? excerpt(text_of_error(answer)) : std::string();
}

std::string failure_text(std::string_view body) {
  const auto answer = read_json(body);
  if (!answer) return excerpt(body);
  const json& first = answer->is_array() && !answer->empty() ? answer->front() : *answer;
  const std::string said = text_of_error(member(first, "error"));
  const std::string itself = said.empty() ? text_of_error(first) : said;
  return excerpt(itself.empty() ? body : std::string_view(itself));
}

bool names_word(std::string_view text, std::string_view word) {
  const auto is_part = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

bool is_about_support(std::string_view said) {
  return contains_any(said, {"support", "requires", "not allowed", "not permitted", "unrecognized", "unknown",
                             "unexpected", "not available", "not enabled", "disabled", "cannot be used",
                             "can't be used", "forbidden", "must alternate", "only user and assistant"});
}

Refusal read_refusal(const net::HttpResponse& response, std::string_view body) {
  auto read = read_json(body);
  const json answer = read ? std::move(*read) : json();
  Refusal refusal;
  refusal.status = response.status;
  refusal.text = body.empty() ? std::string() : failure_text(body);
  if (const std::string place = location(response); !place.empty()) {
    refusal.text += (refusal.text.empty() ? "" : ": ") + ("it is at " + place);
  }
  const Said what = said_of_answer(answer);
  refusal.parameter = lower_ascii(what.parameter);
  refusal.code = lower_ascii(what.names);
  refusal.retry_after = retry_after(response, answer);
  const std::string said = lower_ascii(refusal.text);
  constexpr unsigned overloaded = 529;  // of no standard, and in use
  const bool busy = refusal.status == 429 || refusal.status == 503 || refusal.status == overloaded ||
                    (refusal.status >= 500 && contains_any(refusal.code, {"overloaded_error"}));
  if (is_loading(refusal, answer, said)) {
    refusal.kind = Refusal::Kind::loading;
  } else if (busy && !is_out_of_credit(answer)) {
    refusal.kind = Refusal::Kind::full;
  }
  return refusal;
}

}  // namespace unmuted
