#pragma once

#include <exception>
#include <string>
#include <utility>

#include <lua5.4/lua.hpp>

#include "characters/script/state.hpp"

namespace unmuted::script {

/// What a host function throws. The wrapper around every host function (`guarded`) makes it a Lua error of
/// the script, which pcall may catch; kinds memory, timeout and killed end the state instead.
class Fault : public std::exception {
 public:
  Fault(FailureKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}
  [[nodiscard]] FailureKind kind() const noexcept { return kind_; }
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }

 private:
  FailureKind kind_;
  std::string message_;
};

/// A place in a chunk. Fixed size, because it is taken where nothing may be allocated.
struct Position {
  char chunk[LUA_IDSIZE] = {};  ///< as it stands in messages; empty when unknown
  int line = 0;
};

/// Where the innermost running Lua function is. Neither allocates nor raises.
Position current_position(lua_State* L) noexcept;

}  // namespace unmuted::script
