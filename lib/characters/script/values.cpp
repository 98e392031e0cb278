#include "characters/script/values.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/utf8.hpp"

namespace unmuted::script {
namespace {

using nlohmann::json;

constexpr std::uint64_t function_subtype = 0xF1;

bool is_name(std::string_view key) {
  const auto in_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
  };
  return !key.empty() && std::all_of(key.begin(), key.end(), in_name) && (key[0] < '0' || key[0] > '9');
}

/// Reads one value. Throughout, Lua's stack holds the table keys and values on the way down to the present
/// one.
class Reader {
 public:
  Reader(lua_State* L, Host& host, const ValueLimits& limits) : L_(L), host_(host), left_(limits) {}

  json read(int index) {
    switch (lua_type(L_, index)) {
      case LUA_TNIL:
        return nullptr;
      case LUA_TBOOLEAN:
        return lua_toboolean(L_, index) != 0;
      case LUA_TNUMBER:
        return number(index);
      case LUA_TSTRING:
        return string(index);
      case LUA_TTABLE:
        return table(lua_absindex(L_, index));
      case LUA_TFUNCTION:
        if (left_.functions) return function_marker();
        [[fallthrough]];
      default:
        fail(std::string("a ") + luaL_typename(L_, index));
    }
  }

 private:
  [[noreturn]] void fail(const std::string& what, FailureKind kind = FailureKind::bad_value) const {
    throw Fault(kind, (path_.empty() ? "the value" : describe(path_)) + " is " + what);
  }

  json number(int index) const {
    if (lua_isinteger(L_, index) != 0) return std::int64_t{lua_tointeger(L_, index)};
    const double value = lua_tonumber(L_, index);
    if (!std::isfinite(value)) fail("a number that is not finite");
    return value;
  }

  std::string string(int index) {
    const std::string_view text = string_at(L_, index);
    if (text.size() > left_.bytes) fail("more text than one value may hold");
    if (!is_utf8(text)) fail("a string that is not UTF-8", FailureKind::not_utf8);
    left_.bytes -= text.size();
    return std::string(text);
  }

  json table(int index) {
    host_.check(L_);  // a table may be large and empty, and be met many times
    luaL_checkstack(L_, 4, "a value nested too deeply");
    const void* const identity = lua_topointer(L_, index);
    if (std::find(tables_.begin(), tables_.end(), identity) != tables_.end())
      fail("a table that contains itself");
    if (left_.depth == 0) fail("nested too deeply");
    tables_.push_back(identity);
    --left_.depth;
    json result = is_array(index) ? array(index) : object(index);
    ++left_.depth;
    tables_.pop_back();
    return result;
  }

  /// Looks at all keys. Throws unless they are 1 … n, or all strings.
  bool is_array(int index) {
    std::size_t strings = 0;
    std::size_t integers = 0;
    lua_Integer highest = 0;
    for (lua_pushnil(L_); lua_next(L_, index) != 0; lua_pop(L_, 1)) {
      if (left_.entries == 0) fail("a table, with which the value has too many entries");
      --left_.entries;
      if (lua_type(L_, -2) == LUA_TSTRING) {
        ++strings;
      } else if (lua_isinteger(L_, -2) != 0) {
        ++integers;
        const lua_Integer key = lua_tointeger(L_, -2);
        if (key < 1) fail("a table with the key " + std::to_string(key) + "; lists start at 1");
        highest = std::max(highest, key);
      } else {
        fail(std::string("a table with a key of type ") + luaL_typename(L_, -2));
      }
      if (strings > 0 && integers > 0) fail("a table with both string and number keys");
    }
    if (static_cast<std::size_t>(highest) != integers) fail("a list with holes");
    return integers > 0;
  }

  json array(int index) {
    json result = json::array();
    const auto length = static_cast<std::size_t>(lua_rawlen(L_, index));
    for (std::size_t i = 1; i <= length; ++i) {
      path_.emplace_back(i);
      lua_rawgeti(L_, index, static_cast<lua_Integer>(i));
      result.push_back(read(-1));
      lua_pop(L_, 1);
      path_.pop_back();
    }
    return result;
  }

  json object(int index) {
    json result = json::object();
    for (lua_pushnil(L_); lua_next(L_, index) != 0; lua_pop(L_, 1)) {
      path_.emplace_back(std::string(string_at(L_, -2)));
      std::string key = string(-2);
      result[std::move(key)] = read(-1);
      path_.pop_back();
    }
    return result;
  }

  lua_State* L_;
  Host& host_;
  ValueLimits left_;
  Path path_;
  std::vector<const void*> tables_;  ///< those that hold the present one
};

class Writer {
 public:
  Writer(lua_State* L, Host& host, const ValueLimits& limits) : L_(L), host_(host), left_(limits) {}

  void push(const json& value) {
    switch (value.type()) {
      case json::value_t::null:
        return lua_pushnil(L_);
      case json::value_t::boolean:
        return lua_pushboolean(L_, value.get<bool>() ? 1 : 0);
      case json::value_t::number_unsigned:
        if (value.get<std::uint64_t>() >
            static_cast<std::uint64_t>(std::numeric_limits<lua_Integer>::max())) {
          return lua_pushnumber(L_, value.get<double>());
        }
        [[fallthrough]];
      case json::value_t::number_integer:
        return lua_pushinteger(L_, value.get<lua_Integer>());
      case json::value_t::number_float:
        return lua_pushnumber(L_, value.get<double>());
      case json::value_t::string:
        return push_text(value.get_ref<const std::string&>());
      case json::value_t::array:
      case json::value_t::object:
        return push_table(value);
      case json::value_t::binary:
      case json::value_t::discarded:
        break;
    }
    refuse("a value that is not JSON");
  }

 private:
  [[noreturn]] static void refuse(const std::string& what) {
    throw Fault(FailureKind::bad_value, what + " cannot be given to a script");
  }

  void push_text(const std::string& text) {
    if (text.size() > host_.environment.limits.string)
      refuse("a text of " + std::to_string(text.size()) + " bytes");
    if (text.size() > left_.bytes) refuse("a value with so much text");
    left_.bytes -= text.size();
    lua_pushlstring(L_, text.data(), text.size());
  }

  void push_table(const json& value) {
    host_.check(L_);
    luaL_checkstack(L_, 4, "a value nested too deeply");
    if (left_.depth == 0) refuse("a value that is nested too deeply");
    if (value.size() > left_.entries) refuse("a value with so many entries");
    left_.entries -= value.size();
    --left_.depth;
    value.is_array() ? push_array(value) : push_object(value);
    ++left_.depth;
  }

  void push_array(const json& value) {
    lua_createtable(L_, static_cast<int>(value.size()), 0);
    lua_Integer index = 0;
    for (const json& element : value) {
      push(element);
      lua_rawseti(L_, -2, ++index);
    }
  }

  void push_object(const json& value) {
    lua_createtable(L_, 0, static_cast<int>(value.size()));
    for (const auto& [key, member] : value.items()) {
      push_text(key);
      push(member);
      lua_rawset(L_, -3);
    }
  }

  lua_State* L_;
  Host& host_;
  ValueLimits left_;
};

void append_step(std::string& text, const PathStep& step) {
  if (const auto* const index = std::get_if<std::size_t>(&step)) {
    text.append("[").append(std::to_string(*index)).append("]");
    return;
  }
  const auto& key = std::get<std::string>(step);
  if (is_name(key)) {
    text.append(text.empty() ? "" : ".").append(shorten(key, 40));
  } else {
    text.append("[\"").append(shorten(printable(key), 40)).append("\"]");
  }
}

}  // namespace

std::string describe(const Path& path) {
  std::string text;
  for (const PathStep& step : path) append_step(text, step);
  return shorten(text, 120);
}

json function_marker() {
  return json::binary({}, function_subtype);
}

bool is_function(const json& value) {
  return value.is_binary() && value.get_binary().has_subtype() &&
         value.get_binary().subtype() == function_subtype;
}

ValueLimits value_limits(const Limits& limits) {
  return {limits.value_entries, limits.value_bytes, limits.value_depth};
}

json to_json(lua_State* L, Host& host, int index, const ValueLimits& limits) {
  return Reader(L, host, limits).read(index);
}

std::vector<json> arguments_to_json(lua_State* L, Host& host, const ValueLimits& limits) {
  const int count = lua_gettop(L);
  if (count > max_arguments) {
    throw Fault(FailureKind::runtime, "too many arguments: " + std::to_string(count) + "; at most " +
                                          std::to_string(max_arguments) + " are allowed");
  }
  Reader reader(L, host, limits);
  std::vector<json> arguments;
  for (int i = 1; i <= count; ++i) arguments.push_back(reader.read(i));
  return arguments;
}

void push_json(lua_State* L, Host& host, const json& value, const ValueLimits& limits) {
  Writer(L, host, limits).push(value);
}

}  // namespace unmuted::script
