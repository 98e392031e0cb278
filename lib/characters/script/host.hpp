#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "characters/script/allocator.hpp"
#include "characters/script/fault.hpp"
#include "characters/script/random.hpp"
#include "characters/script/state.hpp"
#include "characters/script/watchdog.hpp"

namespace unmuted::script {

/// Where the registry keeps what the host needs again. Slots 1 and 2 are Lua's own.
enum Slot : int {
  slot_result = 3,             ///< the table that the script returned
  slot_context = 4,            ///< `ctx`
  slot_context_functions = 5,  ///< its functions, out of the script's reach
  slot_modules = 6,            ///< name → what the module returned
};

/// What ended a state for good.
struct Ending {
  FailureKind kind;
  std::string message;
  Position position;
};

/// The host's side of one Lua state: what every host function may reach. One thread at a time.
class Host {
 public:
  explicit Host(Environment given);

  const Environment environment;
  Watchdog watchdog;
  Allocator allocator;
  Random random;
  std::vector<std::string> loading;  ///< the modules that are being required, the innermost last

  /// Makes this the host of a new state: sets the count hook, and what host_of() gives.
  void attach(lua_State* L);

  /// Raises when the state has ended, or has to end now. Called by the count hook and before each host
  /// function.
  void check(lua_State* L);
  /// Ends the state: from here on every Lua instruction and every pcall raises. Does not return.
  [[noreturn]] void end(lua_State* L, FailureKind kind, std::string message);
  /// After an error of status LUA_ERRMEM: ends the state for the reason that the allocator knows.
  void note_out_of_memory();
  [[nodiscard]] const std::optional<Ending>& ending() const noexcept { return ending_; }
  /// Raises what ends the state once more, after something like pcall has caught it.
  [[noreturn]] static void raise_ending(lua_State* L);

  /// Leaves the error value for `error` on the stack, or ends the state when it is of a kind that does.
  void push_error(lua_State* L, const std::exception& error);

  /// Compiles a text and leaves its function on the stack, or raises an error of kind syntax or not_utf8.
  /// `name` is the file's.
  void compile(lua_State* L, std::string_view name, std::string_view source);

  /// Forgets the error of the call before, and starts to measure.
  void begin_call(std::chrono::milliseconds cpu_limit) noexcept;
  /// The message handler of every call: remembers where an error was raised.
  static int note_position(lua_State* L);
  /// Why the state ended; else what the error value on top of the stack says, which a failed call left there.
  /// Does not raise.
  [[nodiscard]] Failure failure(lua_State* L) const;

  [[nodiscard]] std::string too_long_string() const;

 private:
  struct Chunk {
    std::string shown;  ///< as Lua writes it into messages
    std::string name;
    std::ptrdiff_t lines;  ///< at the most
  };

  /// What the last thing that became an error value in here said.
  struct Raised {
    FailureKind kind = FailureKind::runtime;
    std::string message;
    bool has_place = false;  ///< whether the message begins with one
  };

  [[nodiscard]] Failure failure_at(FailureKind kind, std::string_view message,
                                   const Position& position) const;
  /// The same for a message that begins with its place, unless it is none of Lua's.
  [[nodiscard]] Failure failure_in(FailureKind kind, std::string_view message) const;
  /// Takes the "file:line: " that Lua has put before the message off it, and into the failure.
  void strip_position(std::string_view& message, Failure& failure) const;
  /// Notes a chunk, once: a script may compile the same broken resource again and again.
  void know(const std::string& shown, std::string_view name, std::string_view source);
  void note_breach(Watchdog::Breach breach, const Position& position);

  std::vector<Chunk> chunks_;
  std::optional<Ending> ending_;
  Position raised_at_;
  std::chrono::milliseconds cpu_limit_{};  ///< of the present call
  Raised raised_;
};

inline Host& host_of(lua_State* L) {
  return **static_cast<Host**>(lua_getextraspace(L));
}

using HostCall = int (*)(lua_State*, Host&);

/// The one way from a script into the host: what a host function throws becomes a Lua error. Lua's own errors
/// are C++ exceptions too, of no type that could be named; they pass through, running destructors.
template <HostCall function>
int guarded(lua_State* L) {
  Host& host = host_of(L);
  host.check(L);
  try {
    return function(L, host);
  } catch (const std::exception& error) {
    host.push_error(L, error);
  }
  return lua_error(L);
}

/// The string argument `index`, or an error of the script. Valid while it stays on the stack.
std::string_view string_argument(lua_State* L, int index);
/// The string at `index`; any bytes. Valid while it stays there.
std::string_view string_at(lua_State* L, int index);
/// Throws Fault of kind memory for a string that is longer than a script may have.
void check_string_length(const Host& host, std::size_t length);
void push_string(lua_State* L, const Host& host, std::string_view text);
/// Leaves on the stack what `tostring` says of the value at `index`; never an address.
std::string_view push_as_string(lua_State* L, int index);

}  // namespace unmuted::script
