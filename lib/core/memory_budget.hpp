#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

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

  /// Whether hardly anything is left: time for those who hold much of it to give it back.
  [[nodiscard]] bool is_tight() const noexcept { return used() >= total_ - total_ / 8; }

  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t total() const noexcept { return total_; }

 private:
  const std::size_t total_;
  std::atomic<std::size_t> used_{0};
};

/// What one of many takes of a budget, but for its first bytes: those are free, so that nobody who needs
/// little is troubled by those who take all. One thread.
class BudgetShare {
 public:
  /// Null: everything is free.
  BudgetShare(std::shared_ptr<MemoryBudget> budget, std::size_t free_bytes) noexcept
      : budget_(std::move(budget)), free_bytes_(free_bytes) {}
  ~BudgetShare() {
    if (budget_) budget_->give_back(taken_);
  }
  BudgetShare(const BudgetShare&) = delete;
  BudgetShare& operator=(const BudgetShare&) = delete;

  /// So many bytes are held now. False when there is no room for what they are more than before; then the
  /// share stays as it was.
  [[nodiscard]] bool resize(std::size_t bytes) noexcept {
    const std::size_t wanted = bytes > free_bytes_ ? bytes - free_bytes_ : 0;
    if (!budget_) return true;
    if (wanted > taken_ && !budget_->take(wanted - taken_)) return false;
    if (wanted < taken_) budget_->give_back(taken_ - wanted);
    taken_ = wanted;
    return true;
  }

 private:
  std::shared_ptr<MemoryBudget> budget_;
  std::size_t free_bytes_;
  std::size_t taken_ = 0;
};

}  // namespace unmuted
