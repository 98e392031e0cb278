#pragma once

#include "characters/script/host.hpp"

namespace unmuted::script {

/// What one call of a library may go through: elements that are sorted, moved, unpacked or drawn from.
constexpr lua_Integer max_elements = 10'000;

/// Each leaves the stack as it was. `open_base` makes the globals that the others add to, so it comes first.
/// They run in a protected call: any of them may run out of memory.

/// The basic functions without those that load code, collect garbage or reach metatables; `print` logs.
void open_base(lua_State* L);
/// `math`, its random numbers from the seed of the state.
void open_math(lua_State* L);
/// `utf8`, as Lua has it.
void open_utf8(lua_State* L);
/// byte char format len lower rep reverse sub upper, which are also the methods of every string.
void open_string(lua_State* L);
/// The standard functions of tables, raw and bounded; `sort` is stable and can be interrupted.
void open_table(lua_State* L);
/// contains find split trim lower words replace starts ends: see text_library.cpp.
void open_text(lua_State* L);
/// `json.encode(value)`, `json.decode(text)`.
void open_json(lua_State* L);
/// `require`, from the resources of the environment.
void open_require(lua_State* L);
/// `ctx` with its functions.
void open_context(lua_State* L);

/// Empties `ctx`, and fills it with its functions and `members`: an object, or null for none.
void reset_context(lua_State* L, Host& host, const nlohmann::json& members);

/// `string.format`: as Lua's, without `%p`, and bounded.
int format(lua_State* L, Host& host);
/// `log(…)`, also `print` and `ctx.log`: one line, the arguments as tostring shows them, separated by tabs.
int log(lua_State* L, Host& host);

}  // namespace unmuted::script
