#include "session/left_conversations.hpp"

#include <algorithm>
#include <utility>

namespace unmuted {

std::optional<LeftConversation> LeftConversations::keep(LeftConversation left) {
  kept_.push_back(std::move(left));
  if (kept_.size() <= max_kept) return std::nullopt;
  std::optional<LeftConversation> oldest(std::move(kept_.front()));
  kept_.pop_front();
  return oldest;
}

std::optional<LeftConversation> LeftConversations::take(const Selection& selection) {
  const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const LeftConversation& left) {
    return same_conversation(left.selection, selection);
  });
  if (found == kept_.end()) return std::nullopt;
  std::optional<LeftConversation> left(std::move(*found));
  kept_.erase(found);
  return left;
}

std::list<LeftConversation> LeftConversations::take_all() {
  return std::exchange(kept_, {});
}

}  // namespace unmuted
