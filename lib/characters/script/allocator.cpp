#include "characters/script/allocator.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace unmuted::script {
namespace {

/// Bytes are taken from the shared budget in pieces of this size, so that states rarely meet at its counter.
constexpr std::size_t granule = 16U << 10U;

/// What Lua 5.4 adds to the bytes of a string: its header and the closing zero.
constexpr std::size_t string_overhead = 24 + 1;

/// What Lua 5.4 takes for one entry of a table beside its list. They are allocated anew as a power of two.
constexpr std::size_t node_size = 24;

/// Before a block of this size the clock is read. A table that grows puts all its entries in again in one
/// instruction, and where their keys collide that takes the square of their number.
constexpr std::size_t large_block = 16U << 10U;

/// Lists grow in steps of 16 bytes to the power of two, so none is taken for one; only a list made at once of
/// just 3 * 2^n values has the size of such a table.
bool is_table_of_more(std::size_t keys, std::size_t size) noexcept {
  return size % node_size == 0 && size / node_size > keys && std::has_single_bit(size / node_size);
}

/// A recursion of so many levels is named as the likely cause when memory runs out.
constexpr int deep_recursion = 5'000;

}  // namespace

void* Allocator::allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) noexcept {
  auto& allocator = *static_cast<Allocator*>(self);
  // For a new block Lua says in old_size what kind of object it is, or 0 for what belongs to one.
  const std::optional<std::size_t> type = block == nullptr ? std::optional(old_size) : std::nullopt;
  if (block == nullptr) old_size = 0;
  const std::size_t used = allocator.used();

  if (new_size == 0) {
    std::free(block);
    allocator.used_.store(used - old_size, std::memory_order_relaxed);
    allocator.release_spare();
    return nullptr;
  }
  if (new_size > old_size) {
    const auto reason = allocator.admit(type, old_size, new_size);
    if (reason != Refusal::Reason::none) {
      allocator.refuse(reason);
      return nullptr;
    }
  }
  void* const result = std::realloc(block, new_size);
  if (result == nullptr) {
    allocator.refuse(Refusal::Reason::system);
    return nullptr;
  }
  allocator.used_.store(used - old_size + new_size, std::memory_order_relaxed);
  allocator.peak_ = std::max(allocator.peak_, allocator.used());
  if (new_size < old_size) allocator.release_spare();
  return result;
}

Allocator::Refusal::Reason Allocator::admit(std::optional<std::size_t> type, std::size_t old_size,
                                            std::size_t new_size) noexcept {
  using enum Refusal::Reason;
  // Each refusal makes Lua collect all garbage, which takes long in a full state: once the time is over
  // during that, nothing more is given.
  if (refusal_.breach != Watchdog::Breach::none) return watchdog_expired;
  if (type == LUA_TSTRING && new_size > limits_.string + string_overhead) return string_limit;
  if (type == 0 && is_table_of_more(limits_.table_keys, new_size)) return table_limit;
  if (new_size >= large_block && watchdog_.look() != Watchdog::Breach::none) return watchdog_expired;
  const std::size_t growth = new_size - old_size;
  if (growth > limits_.memory || used() > limits_.memory - growth) return state_limit;
  return reserve(used() + growth) ? none : budget;
}

void Allocator::refuse(Refusal::Reason reason) noexcept {
  refusal_.reason = reason;
  if (refusal_.breach == Watchdog::Breach::none) refusal_.breach = watchdog_.look();
  if (state_ == nullptr) return;
  refusal_.position = current_position(state_);
  lua_Debug level;
  refusal_.deep = lua_getstack(state_, deep_recursion, &level) != 0;
}

bool Allocator::reserve(std::size_t bytes) noexcept {
  if (bytes <= reserved_) return true;
  const std::size_t wanted = (bytes - reserved_ + granule - 1) / granule * granule;
  if (!budget_.take(wanted)) return false;
  reserved_ += wanted;
  return true;
}

void Allocator::release_spare() noexcept {
  // One piece is kept, so that a script around its edge does not go to the budget each time.
  const std::size_t kept = used() == 0 ? 0 : used() + granule;
  const std::size_t spare = reserved_ > kept ? (reserved_ - kept) / granule * granule : 0;
  if (spare == 0) return;
  budget_.give_back(spare);
  reserved_ -= spare;
}

}  // namespace unmuted::script
