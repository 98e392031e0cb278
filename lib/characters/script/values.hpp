#pragma once

#include <cstddef>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "characters/script/host.hpp"

namespace unmuted::script {

/// What one value that leaves a state or enters it may hold.
struct ValueLimits {
  std::size_t entries;  ///< of all its tables
  std::size_t bytes;    ///< of all its strings, keys included
  std::size_t depth;
  bool functions = true;  ///< whether a function becomes function_marker() or is an error
};
ValueLimits value_limits(const Limits& limits);

/// A function of the host takes no more arguments than this.
constexpr int max_arguments = 8;

/// A path for a message, such as `tools[1].run`; printable, at most 120 bytes.
std::string describe(const Path& path);

/// The Lua value at `index` as JSON, read with raw accesses. Keys 1 … n make an array, string keys an object,
/// an empty table an empty object. Throws Fault of kind bad_value or not_utf8, whose message names the place.
nlohmann::json to_json(lua_State* L, Host& host, int index, const ValueLimits& limits);

/// All values on the stack, which are the arguments of a host function, as JSON. They share one limit, and
/// too many are refused before any is copied: an argument is only a reference, and there may be thousands to
/// one long string.
std::vector<nlohmann::json> arguments_to_json(lua_State* L, Host& host, const ValueLimits& limits);

/// Leaves `value` on the stack; null is nil, so that an array with nulls has holes. Throws Fault of kind
/// bad_value when it is more than the limits allow, or holds a function marker: what the host gives never
/// ends a script.
void push_json(lua_State* L, Host& host, const nlohmann::json& value, const ValueLimits& limits);

}  // namespace unmuted::script
