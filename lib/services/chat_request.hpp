#pragma once

#include <array>
#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/result.hpp"
#include "services/refusal.hpp"
#include "services/reply.hpp"

namespace unmuted {

/// What a model may refuse to be asked with, and is then asked without.
enum class Concession {
  temperature,
  tools,        ///< and all that belongs to them
  tool_choice,  ///< which only an operator's own parameters can bring in
  stream_options,
  system_role  ///< its text goes into the first message of the user
};

using Concessions = std::set<Concession>;

/// What is left out or done instead, for the operator: "the temperature".
std::string_view name_of(Concession concession);

/// The operator's own parameters of each request, as a JSON object; an empty text is none. Error:
/// invalid_configuration, also for `messages`, `model` and `stream`, which are not theirs to set.
Result<nlohmann::json> read_extra_parameters(std::string_view text);

/// The body of a request for a reply that is streamed. `extra` is merged into it (RFC 7396: null removes),
/// then what was conceded is left out.
nlohmann::json chat_completion_request(const ReplyRequest& request, const std::string& model,
                                       const nlohmann::json& extra, const Concessions& concessions);

/// What to concede so that a server that refused `body` may take it; nothing when the refusal is about
/// something else, or about what has been conceded.
std::optional<Concession> concession_for(const Refusal& refusal, const nlohmann::json& body,
                                         const Concessions& made);

}  // namespace unmuted
