#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/memory_budget.hpp"

namespace unmuted {

/// The last thing a connection is sent.
struct CloseFrame {
  std::uint16_t code = 1000;
  std::string reason;
};

/// What a session has to say and the network has not taken yet. Nothing is dropped: past the byte limit
/// events still enter, and the answer `full` tells the producer to take no further input until there is room.
/// All outboxes may share a budget: one that finds no room in it is full as well. No sockets, no clock; one
/// thread.
class Outbox {
 public:
  using Frame = std::variant<std::string, CloseFrame>;
  enum class Pushed { ok, full, closed };
  enum class Kind {
    control,
    word,   ///< one of the many that tell the words of a reply
    sound,  ///< is to be heard now
  };

  static constexpr std::size_t free_bytes = 64U << 10U;  ///< of each, which count for no budget

  explicit Outbox(std::size_t byte_limit, std::shared_ptr<MemoryBudget> budget = nullptr)
      : byte_limit_(byte_limit), share_(std::move(budget), free_bytes) {}

  /// `full`: it was taken, but it is time to wait. `closed`: it was not taken.
  Pushed push(std::string event, Kind kind = Kind::control);

  /// The last frame: sent after all that waits. Later pushes answer `closed`; a second close is ignored.
  void close(CloseFrame frame);

  /// Drops what waits, then closes: for a client that does not read.
  void discard_and_close(CloseFrame frame);

  /// The next frame to send, in order; nothing when there is none. A CloseFrame comes once, as the last. It
  /// counts for the budget until sent().
  std::optional<Frame> pop();

  /// The next sound, where only words stand before it: for whoever holds words up, which need not hold up
  /// sound. As pop().
  std::optional<Frame> pop_sound();

  /// The network has taken what pop() gave last. There may be room again.
  void sent();

  /// Whether pop() would give an event that was pushed as a word.
  [[nodiscard]] bool word_is_next() const { return !entries_.empty() && entries_.front().kind == Kind::word; }

  /// How many of those that wait were pushed as sound.
  [[nodiscard]] std::size_t sounds() const { return sounds_; }

  [[nodiscard]] bool full() const { return bytes_ > byte_limit_ || over_budget_; }
  [[nodiscard]] bool closed() const { return closing_.has_value() || finished_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t under_way() const { return under_way_; }  ///< bytes of what pop() gave last

 private:
  struct Entry {
    std::string event;
    Kind kind = Kind::control;
  };

  Frame take(std::deque<Entry>::iterator entry);
  void resize(std::size_t bytes);

  std::size_t byte_limit_;
  std::size_t bytes_ = 0;
  std::size_t under_way_ = 0;
  BudgetShare share_;
  bool over_budget_ = false;
  std::deque<Entry> entries_;
  std::size_t sounds_ = 0;  ///< of them
  std::optional<CloseFrame> closing_;
  bool finished_ = false;
};

}  // namespace unmuted
