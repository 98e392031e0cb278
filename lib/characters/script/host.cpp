#include "characters/script/host.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "characters/script/lexer.hpp"
#include "characters/script/load_text.hpp"
#include "characters/script/syntax.hpp"
#include "core/utf8.hpp"

namespace unmuted::script {
namespace {

constexpr std::size_t max_message = 300;
constexpr int hook_interval = 100;  // instructions
constexpr const char* not_enough_memory = "not enough memory";

/// The error value of an ending. No script ever sees it: pcall raises it again.
char ending_mark;

void on_count(lua_State* L, lua_Debug*) {
  host_of(L).check(L);
}

std::string milliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

/// Lua cuts long chunk names by bytes; this cut leaves characters whole.
std::string shown_name(std::string_view name) {
  constexpr std::size_t fits = LUA_IDSIZE - 1;
  std::string shown = printable(name);
  if (shown.size() <= fits) return shown;
  std::size_t start = shown.size() - (fits - 3);
  while ((static_cast<unsigned char>(shown[start]) & 0xC0U) == 0x80U) ++start;
  return "..." + shown.substr(start);
}

std::string number_text(lua_State* L, int index) {
  if (lua_isinteger(L, index) != 0) return std::to_string(lua_tointeger(L, index));
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%.14g", lua_tonumber(L, index));
  return {text, static_cast<std::size_t>(length)};
}

/// One line for people, however long and whatever `text` is.
std::string message_of(std::string_view text) {
  if (text.empty()) return "an error without a message";
  return shorten(printable(text.substr(0, max_message + 1)), max_message);
}

/// What an error value says, whatever it is. Neither allocates in Lua nor raises.
std::string error_text(lua_State* L, int index) {
  if (lua_type(L, index) == LUA_TSTRING) return std::string(string_at(L, index));
  if (lua_type(L, index) == LUA_TNUMBER) return number_text(L, index);
  return std::string("error value of type ") + luaL_typename(L, index);
}

}  // namespace

Position current_position(lua_State* L) noexcept {
  Position position;
  lua_Debug level;
  for (int i = 0; lua_getstack(L, i, &level) != 0; ++i) {
    lua_getinfo(L, "Sl", &level);
    if (level.currentline <= 0) continue;
    std::memcpy(position.chunk, level.short_src, sizeof position.chunk);
    position.line = level.currentline;
    break;
  }
  return position;
}

Host::Host(Environment given)
    : environment(std::move(given)),
      allocator(environment.limits, *environment.budget, watchdog),
      random(environment.seed) {}

void Host::attach(lua_State* L) {
  *static_cast<Host**>(lua_getextraspace(L)) = this;
  allocator.serve(L);
  lua_sethook(L, on_count, LUA_MASKCOUNT, hook_interval);
}

void Host::check(lua_State* L) {
  if (ending_) raise_ending(L);
  const auto breach = watchdog.look();
  if (breach == Watchdog::Breach::none) return;
  note_breach(breach, current_position(L));
  raise_ending(L);
}

void Host::end(lua_State* L, FailureKind kind, std::string message) {
  if (!ending_) ending_ = Ending{kind, std::move(message), current_position(L)};
  raise_ending(L);
}

void Host::raise_ending(lua_State* L) {
  lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
  lua_pushlightuserdata(L, &ending_mark);
  lua_error(L);
  std::abort();  // lua_error does not return
}

void Host::note_breach(Watchdog::Breach breach, const Position& position) {
  const Limits& limits = environment.limits;
  switch (breach) {
    case Watchdog::Breach::none:
      break;
    case Watchdog::Breach::cpu:
      ending_ = Ending{FailureKind::timeout, "more than " + milliseconds(cpu_limit_) + " of processor time",
                       position};
      break;
    case Watchdog::Breach::wall:
      ending_ = Ending{FailureKind::timeout, "more than " + milliseconds(limits.call_wall) + " until its end",
                       position};
      break;
    case Watchdog::Breach::killed:
      ending_ = Ending{FailureKind::killed, "ended by the server", position};
      break;
  }
}

void Host::note_out_of_memory() {
  if (ending_) return;
  using enum Allocator::Refusal::Reason;
  const Limits& limits = environment.limits;
  const Allocator::Refusal& refusal = allocator.last_refusal();
  if (refusal.breach != Watchdog::Breach::none) return note_breach(refusal.breach, refusal.position);
  FailureKind kind = FailureKind::memory;
  std::string message;
  switch (refusal.reason) {
    case string_limit:
      message = too_long_string();
      break;
    case table_limit:
      message = "a table of more than " + std::to_string(limits.table_keys) +
                " entries by key; only a list may have more";
      break;
    case state_limit:
      message = "more than " + std::to_string(limits.memory) + " bytes of memory";
      if (refusal.deep) message += ", in a very deep recursion";
      break;
    case budget:
      kind = FailureKind::exhausted;
      message = "the server's memory for scripts is used up";
      break;
    case system:
      kind = FailureKind::exhausted;
      message = not_enough_memory;
      break;
    case none:  // the script has raised Lua's own error of memory
    case watchdog_expired:
      message = not_enough_memory;
      break;
  }
  ending_ = Ending{kind, std::move(message), refusal.position};
}

std::string Host::too_long_string() const {
  return "a string of more than " + std::to_string(environment.limits.string) + " bytes";
}

void Host::push_error(lua_State* L, const std::exception& error) {
  const auto* const fault = dynamic_cast<const Fault*>(&error);
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    end(L, FailureKind::exhausted, not_enough_memory);
  }
  if (fault != nullptr && fault->kind() == FailureKind::memory) {
    end(L, FailureKind::memory, fault->message());
  }
  luaL_where(L, 1);
  const std::string place(string_at(L, -1));
  const std::string message = (place + error.what()).substr(0, environment.limits.string);
  lua_pushlstring(L, message.data(), message.size());
  raised_ = {fault != nullptr ? fault->kind() : FailureKind::runtime, message, !place.empty()};
}

void Host::know(const std::string& shown, std::string_view name, std::string_view source) {
  const auto is_it = [&](const Chunk& chunk) { return chunk.name == name; };
  if (std::any_of(chunks_.begin(), chunks_.end(), is_it)) return;
  const auto breaks =
      std::count_if(source.begin(), source.end(), [](char c) { return c == '\n' || c == '\r'; });
  chunks_.push_back({shown, std::string(name), breaks + 1});
}

void Host::compile(lua_State* L, std::string_view name, std::string_view source) {
  const std::string chunk = shown_name(name);
  know(chunk, name, source);
  if (source.size() > environment.limits.source) {
    throw Fault(FailureKind::syntax, chunk + " has " + std::to_string(source.size()) + " bytes; at most " +
                                         std::to_string(environment.limits.source) + " are allowed");
  }
  if (is_compiled(source)) {
    throw Fault(FailureKind::syntax, chunk + " is compiled Lua; only source text is loaded");
  }
  if (const auto foreign = is_utf8(source) ? std::nullopt : find_foreign_byte(source)) {
    const auto lines =
        std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(*foreign), '\n');
    // With the text's own place, as Lua tells of an error of syntax.
    const std::string message = chunk + ":" + std::to_string(1 + lines) + ": the text is not UTF-8";
    lua_pushlstring(L, message.data(), message.size());
    raised_ = {FailureKind::not_utf8, message, true};
    lua_error(L);
  }
  source.remove_prefix(preamble_length(source));
  const int status = load_text(L, source, ("@" + chunk).c_str(), [this](lua_State* state) { check(state); });
  if (status == LUA_OK) return;
  if (ending_) raise_ending(L);
  if (status == LUA_ERRMEM) {
    note_out_of_memory();
    raise_ending(L);
  }
  // Nesting is the one thing that the parser does not call an error of syntax.
  if (status != LUA_ERRSYNTAX) throw Fault(FailureKind::syntax, chunk + " is nested too deeply");
  raised_ = {FailureKind::syntax, error_text(L, -1), true};
  lua_error(L);
}

void Host::begin_call(std::chrono::milliseconds cpu_limit) noexcept {
  raised_at_ = {};
  raised_ = {};
  allocator.reset_peak();
  cpu_limit_ = cpu_limit;
  watchdog.start(cpu_limit, environment.limits.call_wall);
}

int Host::note_position(lua_State* L) {
  host_of(L).raised_at_ = current_position(L);
  return 1;
}

Failure Host::failure(lua_State* L) const {
  if (ending_) return failure_at(ending_->kind, ending_->message, ending_->position);
  const std::string text = error_text(L, -1);
  if (text != raised_.message) return failure_in(FailureKind::runtime, text);
  return raised_.has_place ? failure_in(raised_.kind, text) : failure_at(raised_.kind, text, raised_at_);
}

Failure Host::failure_in(FailureKind kind, std::string_view message) const {
  Failure failure = failure_at(kind, {}, raised_at_);
  strip_position(message, failure);
  failure.message = message_of(message);
  return failure;
}

Failure Host::failure_at(FailureKind kind, std::string_view message, const Position& position) const {
  Failure failure{kind, message_of(message), chunks_.empty() ? std::string() : chunks_.front().name,
                  position.line};
  for (const Chunk& chunk : chunks_) {
    if (chunk.shown == position.chunk) failure.file = chunk.name;
  }
  return failure;
}

void Host::strip_position(std::string_view& message, Failure& failure) const {
  for (const Chunk& chunk : chunks_) {
    if (!message.starts_with(chunk.shown + ":")) continue;
    const char* const end = message.data() + message.size();
    int line = 0;
    const auto [rest, error] = std::from_chars(message.data() + chunk.shown.size() + 1, end, line);
    const std::string_view after(rest, static_cast<std::size_t>(end - rest));
    const bool is_in_it = error == std::errc() && line >= 1 && line <= chunk.lines;
    if (!is_in_it || !after.starts_with(": ")) continue;
    failure.file = chunk.name;
    failure.line = line;
    message = after.substr(2);
    return;
  }
}

std::string_view string_at(lua_State* L, int index) {
  std::size_t length = 0;
  const char* const text = lua_tolstring(L, index, &length);
  return {text, length};
}

std::string_view string_argument(lua_State* L, int index) {
  std::size_t length = 0;
  const char* const text = luaL_checklstring(L, index, &length);
  return {text, length};
}

void check_string_length(const Host& host, std::size_t length) {
  if (length > host.environment.limits.string) throw Fault(FailureKind::memory, host.too_long_string());
}

void push_string(lua_State* L, const Host& host, std::string_view text) {
  check_string_length(host, text.size());
  lua_pushlstring(L, text.data(), text.size());
}

std::string_view push_as_string(lua_State* L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING:
    case LUA_TNUMBER:
      lua_pushvalue(L, index);
      lua_tolstring(L, -1, nullptr);
      break;
    case LUA_TBOOLEAN:
      lua_pushstring(L, lua_toboolean(L, index) != 0 ? "true" : "false");
      break;
    default:
      lua_pushstring(L, luaL_typename(L, index));
  }
  return string_at(L, -1);
}

}  // namespace unmuted::script
