#include "characters/script/state.hpp"

#include <optional>

#include <nlohmann/json.hpp>

#include "characters/script/host.hpp"
#include "characters/script/libraries.hpp"
#include "characters/script/values.hpp"

namespace unmuted::script {
namespace {

using Body = std::function<void(lua_State* L, Host& host)>;

int run_body(lua_State* L, Host& host) {
  const Body& body = *static_cast<const Body*>(lua_touserdata(L, 1));
  lua_settop(L, 0);
  body(L, host);
  return 0;
}

void open_libraries(lua_State* L, Host&) {
  open_base(L);
  open_math(L);
  open_utf8(L);
  open_string(L);
  open_table(L);
  open_text(L);
  open_json(L);
  open_require(L);
  open_context(L);
}

void push_step(lua_State* L, const PathStep& step) {
  if (const auto* const index = std::get_if<std::size_t>(&step)) {
    lua_pushinteger(L, static_cast<lua_Integer>(*index));
  } else {
    const auto& key = std::get<std::string>(step);
    lua_pushlstring(L, key.data(), key.size());
  }
}

/// Leaves what the first `steps` of `path` lead to on the stack.
void push_at(lua_State* L, const Path& path, std::size_t steps) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, slot_result);
  for (std::size_t i = 0; i < steps; ++i) {
    if (!lua_istable(L, -1)) throw Fault(FailureKind::runtime, "there is no " + describe(path));
    push_step(L, path[i]);
    lua_rawget(L, -2);
    lua_remove(L, -2);
  }
}

void push_argument(lua_State* L, Host& host, const Argument& argument) {
  if (std::holds_alternative<Self>(argument)) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot_result);
  } else if (std::holds_alternative<Context>(argument)) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, slot_context);
  } else {
    push_json(L, host, std::get<nlohmann::json>(argument), value_limits(host.environment.limits));
  }
}

/// What a chunk returned must be exactly one table.
void check_result(lua_State* L) {
  if (lua_gettop(L) == 0)
    throw Fault(FailureKind::runtime, "the script returns nothing; end it with: return { ... }");
  if (lua_gettop(L) > 1)
    throw Fault(FailureKind::runtime, "the script returns several values instead of one table");
  if (!lua_istable(L, 1)) {
    throw Fault(FailureKind::runtime,
                std::string("the script returns a ") + luaL_typename(L, 1) + " instead of a table");
  }
}

}  // namespace

struct State::Implementation {
  explicit Implementation(Environment environment)
      : host(std::move(environment)), L(lua_newstate(Allocator::allocate, &host.allocator)) {
    if (L == nullptr) {
      host.note_out_of_memory();
      broken = host.failure(nullptr);
      closed = true;
      return;
    }
    host.attach(L);
    if (auto opened = enter(host.environment.limits.load_cpu, open_libraries); !opened)
      broken = opened.error();
  }

  ~Implementation() { close(); }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  /// The one entry into Lua, and the one exit: runs `body` protected and measured, whatever it raises.
  Outcome<void> enter(std::chrono::milliseconds cpu_limit, const Body& body) {
    if (broken) return tl::unexpected(*std::exchange(broken, std::nullopt));
    if (dead()) {
      close();
      return tl::unexpected(Failure{FailureKind::killed, "the script was ended before", {}, 0});
    }
    host.begin_call(cpu_limit);
    lua_pushcfunction(L, Host::note_position);
    lua_pushcfunction(L, guarded<run_body>);
    lua_pushlightuserdata(L, const_cast<Body*>(&body));
    const int status = lua_pcall(L, 1, 0, 1);
    cost = {host.watchdog.stop(), host.allocator.peak()};
    if (status == LUA_ERRMEM) host.note_out_of_memory();
    Outcome<void> outcome;
    if (status != LUA_OK) outcome = tl::unexpected(host.failure(L));
    if (host.ending()) {
      close();
    } else {
      lua_settop(L, 0);
    }
    return outcome;
  }

  void close() noexcept {
    if (!closed.exchange(true)) lua_close(L);
  }

  [[nodiscard]] bool dead() const noexcept { return closed || host.watchdog.killed(); }

  Host host;
  CallCost cost;
  std::atomic<bool> closed{false};
  std::optional<Failure> broken;  ///< why the state could not be made: the answer to the first call
  lua_State* L;
};

State::State(Environment environment)
    : implementation_(std::make_unique<Implementation>(std::move(environment))) {}
State::~State() = default;

Outcome<nlohmann::json> State::load(std::string_view chunk_name, std::string_view source) {
  nlohmann::json result;
  const Body body = [&](lua_State* L, Host& host) {
    host.compile(L, chunk_name, source);
    lua_call(L, 0, LUA_MULTRET);
    check_result(L);
    result = to_json(L, host, 1, value_limits(host.environment.limits));
    lua_rawseti(L, LUA_REGISTRYINDEX, slot_result);
  };
  auto done = implementation_->enter(implementation_->host.environment.limits.load_cpu, body);
  if (!done) return tl::unexpected(std::move(done.error()));
  return result;
}

Outcome<void> State::set_context(const nlohmann::json& members) {
  const Body body = [&](lua_State* L, Host& host) { reset_context(L, host, members); };
  return implementation_->enter(implementation_->host.environment.limits.call_cpu, body);
}

Outcome<void> State::assign(const Path& path, const nlohmann::json& value) {
  const Body body = [&](lua_State* L, Host& host) {
    if (path.empty()) throw Fault(FailureKind::runtime, "a path to assign to must have a step");
    push_at(L, path, path.size() - 1);
    if (!lua_istable(L, -1)) throw Fault(FailureKind::runtime, "there is no " + describe(path));
    push_step(L, path.back());
    push_json(L, host, value, value_limits(host.environment.limits));
    lua_rawset(L, -3);
  };
  return implementation_->enter(implementation_->host.environment.limits.call_cpu, body);
}

Outcome<nlohmann::json> State::call(const Path& path, const std::vector<Argument>& arguments) {
  nlohmann::json result;
  const Body body = [&](lua_State* L, Host& host) {
    push_at(L, path, path.size());
    if (!lua_isfunction(L, -1)) throw Fault(FailureKind::runtime, "there is no function " + describe(path));
    luaL_checkstack(L, static_cast<int>(arguments.size()) + 1, "too many arguments");
    for (const Argument& argument : arguments) push_argument(L, host, argument);
    lua_call(L, static_cast<int>(arguments.size()), 1);
    result = to_json(L, host, -1, value_limits(host.environment.limits));
  };
  auto done = implementation_->enter(implementation_->host.environment.limits.call_cpu, body);
  if (!done) return tl::unexpected(std::move(done.error()));
  return result;
}

void State::kill() noexcept {
  implementation_->host.watchdog.kill();
}

bool State::dead() const noexcept {
  return implementation_->dead();
}

std::size_t State::memory_used() const noexcept {
  return implementation_->host.allocator.used();
}

CallCost State::last_cost() const noexcept {
  return implementation_->cost;
}

}  // namespace unmuted::script
