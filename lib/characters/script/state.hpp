#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>
#include <tl/expected.hpp>

#include "core/memory_budget.hpp"

namespace unmuted::script {

/// What one script state may use. Sizes in bytes. A script that passes a limit is ended, and only it.
struct Limits {
  std::size_t memory = 8U << 20U;             ///< everything its allocator hands out
  std::size_t string = 64U << 10U;            ///< one string
  std::size_t source = 64U << 10U;            ///< one source text
  std::size_t table_keys = 1U << 14U;         ///< entries of one table beside its list; a power of two
  std::chrono::milliseconds load_cpu{200};    ///< load(): the body and all that it requires
  std::chrono::milliseconds call_cpu{100};    ///< one call()
  std::chrono::milliseconds call_wall{2000};  ///< one load() or call(), on a machine that is too busy
  std::size_t value_entries = 10'000;     ///< table entries of one value that leaves the state or enters it
  std::size_t value_bytes = 256U << 10U;  ///< strings of such a value
  std::size_t value_depth = 32;
};

enum class FailureKind {
  syntax,     ///< the source does not parse
  runtime,    ///< the script raised a value, or misused a function
  timeout,    ///< CPU or wall time
  memory,     ///< the state's memory, or the string limit
  exhausted,  ///< the budget of all states, or the system's memory: no fault of the script's
  killed,     ///< kill() was called
  bad_value,  ///< a value that cannot leave the state, or enter it: cyclic, too large, mixed keys, NaN …
  not_utf8,   ///< a string of that value, or a source, is not UTF-8
  resource_not_found,  ///< require of a name that is not there or not allowed
  resource_cycle,      ///< require of a module that is being loaded
};

struct Failure {
  FailureKind kind;
  std::string message;  ///< printable UTF-8, one line, at most 300 bytes, without the position
  std::string file;     ///< the chunk or resource it came from, as named at load; may be empty
  int line = 0;         ///< 1-based; 0 when unknown
};

template <class T>
using Outcome = tl::expected<T, Failure>;

/// The sources that `require` finds: name → text. A snapshot: shared between states and never changed.
using Resources = std::map<std::string, std::string, std::less<>>;

/// A function that the host offers. Runs on the thread of the call, inside it: it must be short and bounded.
/// Its arguments are at most 8, which share the limits of one value; so does its result. A failure, like any
/// std::exception, becomes a Lua error in the script.
using HostFunction =
    std::function<tl::expected<nlohmann::json, std::string>(const std::vector<nlohmann::json>&)>;

/// All that a state is made from.
struct Environment {
  Limits limits;
  std::shared_ptr<MemoryBudget> budget;        ///< required; shared by all states of a server
  std::shared_ptr<const Resources> resources;  ///< may be null: then require finds nothing
  std::string resource_prefix = "resources/";  ///< how a resource's file is named in a Failure
  std::uint64_t seed = 0;                      ///< of math.random and of ctx.random, ctx.sample, ctx.choice
  std::map<std::string, HostFunction> functions;   ///< further members of `ctx`
  std::function<void(std::string_view line)> log;  ///< `log` and `ctx.log`; any bytes; may be empty
};

/// One step of a path into the table that the script returned: a key or a 1-based index.
using PathStep = std::variant<std::string, std::size_t>;
using Path = std::vector<PathStep>;

/// One argument of a call.
struct Self {};     ///< the table that the script returned
struct Context {};  ///< the `ctx` table
using Argument = std::variant<Self, Context, nlohmann::json>;

struct CallCost {
  std::chrono::nanoseconds wall{};
  std::size_t memory_peak = 0;  ///< bytes of the whole state, at the highest
};

/// A value of a Lua script as JSON, with one addition: a function is `function_marker()`.
nlohmann::json function_marker();
bool is_function(const nlohmann::json& value);

/// One sandboxed Lua state: `characters.md` in docs/ says what a script in it may use. Loads one chunk that
/// returns a table, then calls functions of that table. It knows nothing of what the table means.
///
/// Not thread-safe, but for kill() and dead(): one call at a time, from any thread. Whatever the script does,
/// each member returns; after a failure of kind timeout, memory, exhausted or killed the state is dead: it
/// was closed and answers every further call with `killed`.
class State {
 public:
  explicit State(Environment environment);
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  /// Runs `source` and gives the table it returned. `chunk_name` stands in messages ("quiz-show.lua").
  /// To be called once.
  Outcome<nlohmann::json> load(std::string_view chunk_name, std::string_view source);

  /// Sets the data members of `ctx` for all later calls. The functions of `ctx` stay.
  Outcome<void> set_context(const nlohmann::json& members);

  /// Overwrites a member of the loaded table, as in assign({"instructions", "text"}, "…").
  Outcome<void> assign(const Path& path, const nlohmann::json& value);

  /// Calls the function at `path` and gives its first result (null for none). An argument that is more than
  /// one value may hold is a bad_value, and the function is not called.
  Outcome<nlohmann::json> call(const Path& path, const std::vector<Argument>& arguments);

  /// Ends whatever runs, within 100 Lua instructions, and every call after it. Any thread.
  void kill() noexcept;
  [[nodiscard]] bool dead() const noexcept;

  [[nodiscard]] std::size_t memory_used() const noexcept;
  /// What the last load or call cost.
  [[nodiscard]] CallCost last_cost() const noexcept;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unmuted::script
