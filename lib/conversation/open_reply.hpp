#pragma once

#include <optional>

#include "conversation/actions.hpp"

namespace unmuted {

/// Which of a conversation's actions still are to be carried out. What is spoken is reported while actions
/// are carried out, and what is reported may end the reply: then those that wait to be carried out and are of
/// this reply are void.
class OpenReply {
 public:
  /// To be asked of each action, once, when it is its turn.
  [[nodiscard]] bool admits(const Action& action);

 private:
  std::optional<TurnId> turn_;
};

}  // namespace unmuted
