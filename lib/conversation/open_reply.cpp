#include "conversation/open_reply.hpp"

#include <type_traits>
#include <variant>

namespace unmuted {
namespace {

/// The reply without which an action means nothing.
std::optional<TurnId> reply_of(const Action& action) {
  return std::visit(
      [](const auto& one) -> std::optional<TurnId> {
        constexpr bool outlives_reply = std::is_same_v<std::decay_t<decltype(one)>, actions::ToolCalled>;
        if constexpr (requires { one.turn; } && !outlives_reply) {
          return one.turn;
        } else {
          return std::nullopt;
        }
      },
      action);
}

}  // namespace

bool OpenReply::admits(const Action& action) {
  const std::optional<TurnId> reply = reply_of(action);
  if (!reply) return true;
  if (std::holds_alternative<actions::ReplyStarted>(action)) turn_ = reply;
  if (turn_ != reply) return false;
  if (std::holds_alternative<actions::ReplyEnded>(action)) turn_.reset();
  return true;
}

}  // namespace unmuted
