#include "conversation/open_reply.hpp"

#include <variant>

namespace unmuted {
namespace {

/// The reply without which an action means nothing.
struct ReplyOf {
  using Reply = std::optional<TurnId>;

  Reply operator()(const events::Notice& notice) const { return std::visit(*this, notice); }
  Reply operator()(const events::ToolCalled&) const { return std::nullopt; }  // which outlives its reply
  Reply operator()(const actions::SayWord& say) const { return say.word.turn; }
  template <class Kind>
  Reply operator()(const Kind& one) const {
    if constexpr (requires { one.turn; }) {
      return one.turn;
    } else {
      return std::nullopt;
    }
  }
};

}  // namespace

bool OpenReply::admits(const Action& action) {
  const std::optional<TurnId> reply = std::visit(ReplyOf{}, action);
  if (!reply) return true;
  if (notice_if<events::ReplyStarted>(action) != nullptr) turn_ = reply;
  if (turn_ != reply) return false;
  if (notice_if<events::ReplyEnded>(action) != nullptr) turn_.reset();
  return true;
}

}  // namespace unmuted
