#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include <boost/asio/ip/address.hpp>

#include "server/log_limit.hpp"

namespace spdlog {
class logger;
}

namespace unmuted {

class Metrics;
enum class DroppedConnection;

/// The open connections of one server: how many there may be, and which one gives way to another. A newcomer
/// never finds the server shut by those who say nothing: while there are too many, the one that is no session
/// and has kept us waiting longest is closed for it. Counts and logs whom it turns away. Any thread.
class ConnectionRegistry {
  struct Entry;

 public:
  struct Limits {
    std::size_t total = 1024;     ///< sessions and others
    std::size_t per_address = 0;  ///< sessions and others, of one address; 0: any number
  };

  /// `metrics` lives longer.
  ConnectionRegistry(Limits limits, Metrics& metrics, std::shared_ptr<spdlog::logger> log);

  /// A connection's place. Gives it back at the end of its life.
  class Place {
   public:
    Place(Place&& other) noexcept;
    Place& operator=(Place&&) = delete;
    ~Place();

    // Whose turn it is. A connection begins with waiting for its client, and only then gives way to others.
    void waits_for_client();
    void waits_for_us();
    /// From now on it counts as a session. False when it has just been cut to make room.
    [[nodiscard]] bool becomes_session();

   private:
    friend class ConnectionRegistry;
    Place(ConnectionRegistry& registry, std::list<Entry>::iterator entry)
        : registry_(&registry), entry_(entry) {}
    ConnectionRegistry* registry_;
    std::list<Entry>::iterator entry_;
  };

  /// A place for a connection with `peer`, or nothing. `cut` closes the connection, from any thread.
  /// Addresses of this machine have no bound of their own; of IPv6 the first 64 bits are one address, for
  /// whoever has one of them has them all.
  [[nodiscard]] std::optional<Place> enter(const boost::asio::ip::address& peer, std::function<void()> cut);

  /// Closes the connection that has kept us waiting longest. False when there is none.
  bool make_room();

 private:
  using Address = std::array<unsigned char, 16>;
  enum State : std::size_t { waiting, answering, in_session, was_cut, states };
  struct Entry {
    std::optional<Address> address;  ///< none: not counted by address
    std::function<void()> cut;
    State state = waiting;
  };

  [[nodiscard]] static std::optional<Address> counted_address(const boost::asio::ip::address& peer);
  [[nodiscard]] bool is_full() const;
  [[nodiscard]] std::function<void()> cut_longest_waiting();
  bool move(std::list<Entry>::iterator entry, State to);
  void leave(std::list<Entry>::iterator entry);
  void note(DroppedConnection why);

  const Limits limits_;
  Metrics& metrics_;
  const std::shared_ptr<spdlog::logger> log_;
  LogLimit log_lines_{std::chrono::seconds(10)};
  std::mutex mutex_;
  std::array<std::list<Entry>, states> entries_;  ///< by state, in the order in which they came to it
  std::map<Address, std::size_t> of_address_;
};

}  // namespace unmuted
