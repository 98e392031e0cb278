#pragma once

#include <cstddef>

#include <nlohmann/json_fwd.hpp>

#include "characters/script/host.hpp"

namespace unmuted::script {

/// What a value that leaves a state may hold.
struct ValueLimits {
  std::size_t entries, bytes, depth;
  bool functions = true;  ///< whether a function becomes function_marker() or is an error
};
ValueLimits value_limits(const Limits& limits);

/// A path for a message, such as `tools[1].run`; printable, at most 120 bytes.
std::string describe(const Path& path);

/// The Lua value at `index` as JSON, read with raw accesses. Keys 1 … n make an array, string keys an object,
/// an empty table an empty object. Throws Fault of kind bad_value or not_utf8, whose message names the place.
nlohmann::json to_json(lua_State* L, Host& host, int index, const ValueLimits& limits);

/// Leaves `value` on the stack; null is nil, so that an array with nulls has holes. Throws Fault of kind
/// bad_value when it is nested deeper than the limits allow, or holds a function marker.
void push_json(lua_State* L, Host& host, const nlohmann::json& value);

}  // namespace unmuted::script
