#pragma once

#include <atomic>
#include <cstddef>

namespace unmuted {

/// Memory that many share: all script states of one server, or all messages that have come in part. Any
/// thread.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t bytes) noexcept : total_(bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// False, and nothing taken, when less than `bytes` are left.
  [[nodiscard]] bool take(std::size_t bytes) noexcept {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= total_) return true;
    give_back(bytes);
    return false;
  }
  void give_back(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t total() const noexcept { return total_; }

 private:
  const std::size_t total_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace unmuted
