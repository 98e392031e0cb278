#pragma once

#include <cstddef>
#include <list>
#include <optional>

#include "conversation/history.hpp"
#include "session/selection.hpp"
#include "session/stage.hpp"

namespace unmuted {

/// A conversation that was left for another character, with all that it takes to go on.
struct LeftConversation {
  Selection selection;
  Stage::Entrance entrance;  ///< the script in its state
  History history;
};

/// The conversations of one session that a client may go back to. One for a character, a voice and a text of
/// the client's; the least recent goes. On the session's thread.
class LeftConversations {
 public:
  static constexpr std::size_t max_kept = 10;

  /// Keeps one more. What goes for it: the freeing of its script takes long.
  std::optional<LeftConversation> keep(LeftConversation left);
  /// The one that such a selection means, which is not kept any more; nothing where there is none.
  std::optional<LeftConversation> take(const Selection& selection);
  /// All of them.
  std::list<LeftConversation> take_all();

 private:
  std::list<LeftConversation> kept_;  ///< the most recent last
};

}  // namespace unmuted
