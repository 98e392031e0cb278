#include "server/connection_registry.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/logger.h>

#include "core/clock.hpp"
#include "metrics/metrics.hpp"

namespace unmuted {

namespace ip = boost::asio::ip;

ConnectionRegistry::ConnectionRegistry(Limits limits, Metrics& metrics, std::shared_ptr<spdlog::logger> log)
    : limits_(limits), metrics_(metrics), log_(std::move(log)) {}

// --- a place --------------------------------------------------------------------------------------------

ConnectionRegistry::Place::Place(Place&& other) noexcept
    : registry_(std::exchange(other.registry_, nullptr)), entry_(other.entry_) {}

ConnectionRegistry::Place::~Place() {
  if (registry_ != nullptr) registry_->leave(entry_);
}

void ConnectionRegistry::Place::waits_for_client() {
  registry_->move(entry_, State::waiting);
}

void ConnectionRegistry::Place::waits_for_us() {
  registry_->move(entry_, State::answering);
}

bool ConnectionRegistry::Place::becomes_session() {
  return registry_->move(entry_, State::in_session);
}

// --- all of them ----------------------------------------------------------------------------------------

std::optional<ConnectionRegistry::Place> ConnectionRegistry::enter(const ip::address& peer,
                                                                   std::function<void()> cut) {
  const std::optional<Address> address = counted_address(peer);
  std::function<void()> cut_other;
  std::optional<DroppedConnection> dropped;
  std::optional<Place> place;
  {
    const std::lock_guard lock(mutex_);
    const auto of_address = address ? of_address_.find(*address) : of_address_.end();
    if (limits_.per_address > 0 && of_address != of_address_.end() &&
        of_address->second >= limits_.per_address) {
      dropped = DroppedConnection::too_many_of_address;
    } else if (is_full()) {
      cut_other = cut_longest_waiting();
      dropped = cut_other ? DroppedConnection::gave_way : DroppedConnection::too_many;
    }
    if (!dropped || cut_other) {
      if (address) ++of_address_[*address];
      auto& newest = entries_[waiting];
      place.emplace(Place(*this, newest.insert(newest.end(), Entry{address, std::move(cut), waiting})));
    }
  }
  if (cut_other) cut_other();
  if (dropped) note(*dropped);
  return place;
}

bool ConnectionRegistry::make_room() {
  std::function<void()> cut_other;
  {
    const std::lock_guard lock(mutex_);
    cut_other = cut_longest_waiting();
  }
  if (!cut_other) return false;
  cut_other();
  note(DroppedConnection::gave_way);
  return true;
}

std::optional<ConnectionRegistry::Address> ConnectionRegistry::counted_address(const ip::address& peer) {
  ip::address_v6 address = peer.is_v6() ? peer.to_v6() : ip::make_address_v6(ip::v4_mapped, peer.to_v4());
  const bool is_v4 = address.is_v4_mapped();
  if (address.is_loopback() || (is_v4 && ip::make_address_v4(ip::v4_mapped, address).is_loopback())) {
    return std::nullopt;
  }
  Address bytes = address.to_bytes();
  if (!is_v4) std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return bytes;
}

bool ConnectionRegistry::is_full() const {
  return entries_[waiting].size() + entries_[answering].size() + entries_[in_session].size() >= limits_.total;
}

/// What cuts it; empty when nobody keeps us waiting. Its place is free at once.
std::function<void()> ConnectionRegistry::cut_longest_waiting() {
  auto& all = entries_[waiting];
  if (all.empty()) return {};
  std::function<void()> how = std::move(all.front().cut);
  all.front().state = was_cut;
  entries_[was_cut].splice(entries_[was_cut].end(), all, all.begin());
  return how;
}

/// To the end of those in that state, where it is one already. False when it has been cut.
bool ConnectionRegistry::move(std::list<Entry>::iterator entry, State to) {
  const std::lock_guard lock(mutex_);
  if (entry->state == was_cut) return false;
  entries_[to].splice(entries_[to].end(), entries_[entry->state], entry);
  entry->state = to;
  return true;
}

void ConnectionRegistry::leave(std::list<Entry>::iterator entry) {
  const std::lock_guard lock(mutex_);
  if (entry->address) {
    const auto count = of_address_.find(*entry->address);
    if (--count->second == 0) of_address_.erase(count);
  }
  entries_[entry->state].erase(entry);
}

void ConnectionRegistry::note(DroppedConnection why) {
  metrics_.count_dropped_connection(why);
  if (const auto others = log_lines_.due(Clock::now())) {
    log_->warn("connection_dropped reason={} others={}", label_of(why), *others);
  }
}

}  // namespace unmuted
