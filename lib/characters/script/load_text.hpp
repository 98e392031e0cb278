#pragma once

#include <cstddef>
#include <string_view>

#include <lua5.4/lua.hpp>

namespace unmuted::script {

/// Compiles a text as luaL_loadbufferx does, but calls `check(L)` before each small piece of it. Lua's parser
/// takes the square of a text's length for some texts and looks at no limit itself, so this is where it is
/// stopped: `check` may raise, and lua_load then returns that as its error.
template <class Check>
int load_text(lua_State* L, std::string_view source, const char* chunk_name, Check check) {
  struct Reader {
    std::string_view rest;
    Check& check;
  } reader{source, check};
  const lua_Reader read = [](lua_State* state, void* self, std::size_t* size) -> const char* {
    constexpr std::size_t piece_size = 512;  // a few milliseconds at the worst
    auto& [rest, check_state] = *static_cast<Reader*>(self);
    check_state(state);
    const std::string_view piece = rest.substr(0, piece_size);
    rest.remove_prefix(piece.size());
    *size = piece.size();
    return piece.data();
  };
  return lua_load(L, read, &reader, chunk_name, "t");
}

}  // namespace unmuted::script
