#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "characters/script/fault.hpp"
#include "characters/script/watchdog.hpp"

namespace unmuted::script {

/// The allocator of one Lua state: counts every byte, against the state's limit and the budget of all states.
class Allocator {
 public:
  Allocator(const Limits& limits, MemoryBudget& budget, Watchdog& watchdog) noexcept
      : limits_(limits), budget_(budget), watchdog_(watchdog) {}
  ~Allocator() { budget_.give_back(reserved_); }
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  /// The lua_Alloc function; `self` is an Allocator.
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) noexcept;

  /// The state it serves, once there is one: to know where in the script a refusal was.
  void serve(lua_State* L) noexcept { state_ = L; }

  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t peak() const noexcept { return peak_; }
  void reset_peak() noexcept { peak_ = used(); }

  /// Why memory was last refused, and where. Lua collects garbage and asks once more after a refusal, so it
  /// means something only after an error of status LUA_ERRMEM.
  struct Refusal {
    enum class Reason : std::uint8_t {
      none,
      string_limit,
      table_limit,
      state_limit,
      budget,
      system,
      watchdog_expired
    };
    Reason reason = Reason::none;
    Watchdog::Breach breach = Watchdog::Breach::none;
    bool deep = false;  ///< in a recursion of many levels
    Position position;
  };
  [[nodiscard]] const Refusal& last_refusal() const noexcept { return refusal_; }

 private:
  [[nodiscard]] Refusal::Reason admit(std::optional<std::size_t> type, std::size_t old_size,
                                      std::size_t new_size) noexcept;
  void refuse(Refusal::Reason reason) noexcept;
  [[nodiscard]] bool reserve(std::size_t bytes) noexcept;
  void release_spare() noexcept;

  const Limits& limits_;
  MemoryBudget& budget_;
  Watchdog& watchdog_;
  lua_State* state_ = nullptr;
  std::atomic<std::size_t> used_{0};  ///< written by the thread of the call, read by any
  std::size_t peak_ = 0;
  std::size_t reserved_ = 0;  ///< taken from the budget
  Refusal refusal_;
};

}  // namespace unmuted::script
