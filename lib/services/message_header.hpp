#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace unmuted {

/// Understands the headers of messages, which say who speaks, in which channel and to whom, as "assistant",
/// "final" or "commentary to=functions.f json". One header may say a part and the next the rest.
class MessageHeaders {
 public:
  static constexpr std::size_t max_bytes = 256;  ///< of one header

  /// What follows a header.
  enum class Next {
    words,
    more,        ///< another header
    other_role,  ///< what the model makes up as somebody else's words
    thought,     ///< a channel that is not for the listener
    call,        ///< of the tool that take_recipient() names
  };

  /// `channel`: it names a channel rather than a role. `channel_follows`: its end begins one that does.
  Next read(std::string_view header, bool channel, bool channel_follows);

  /// The tool that is spoken to.
  std::string take_recipient() { return std::exchange(recipient_, {}); }

 private:
  std::string recipient_;
};

}  // namespace unmuted
