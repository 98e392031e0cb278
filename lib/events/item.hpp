#pragma once

#include <cstdint>
#include <string>

namespace unmuted::events {

/// One thing in a conversation, as a client that keeps a copy of it knows it. Strings are UTF-8.
struct Item {
  enum class Kind {
    message,
    call,    ///< of a tool of the client's: it answers with a result
    result,  ///< what came of such a call
  };
  enum class Role { user, assistant, system };

  std::string id{};  ///< nobody else's in the session; empty where one is to be given to it
  Kind kind = Kind::message;
  Role role = Role::user;
  std::string text{};       ///< of a message, what was written, said or heard; of a result, the result
  bool spoken = false;      ///< a message that was said aloud: its text is what was heard
  bool cut = false;         ///< not all of it was heard
  std::string call_id{};    ///< of calls and results: which belong together
  std::string name{};       ///< of a call: the tool
  std::string arguments{};  ///< of a call: JSON, most likely
};

}  // namespace unmuted::events
