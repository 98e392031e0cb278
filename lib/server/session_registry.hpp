#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace unmuted {

/// How the end of the server reaches a session, from kind to unkind.
enum class Leave {
  after_reply,  ///< once the reply under way has ended by itself
  now,          ///< in order: the reply under way is ended, the client told, the connection closed
  cut           ///< without a word
};

/// The living sessions of one server: who may come in, and how to reach them all. Any thread.
class SessionRegistry {
 public:
  /// Makes one session leave.
  using Close = std::function<void(Leave)>;

  /// `threads`: how many network threads sessions can live on.
  explicit SessionRegistry(std::size_t max_sessions, std::size_t threads = 1)
      : max_sessions_(max_sessions), on_thread_(threads, 0) {}

  /// A session's place. Gives it back at the end of its life.
  class Place {
   public:
    Place(Place&& other) noexcept;
    Place& operator=(Place&&) = delete;
    ~Place();
    [[nodiscard]] const std::string& session_id() const { return id_; }
    /// The network thread to live on, from 0: the one that had the fewest sessions.
    [[nodiscard]] std::size_t thread() const { return thread_; }
    /// How to make this session leave, from any thread. Called at once when all are sent away already.
    void on_close(Close close);

   private:
    friend class SessionRegistry;
    Place(SessionRegistry& registry, std::string id, std::size_t thread)
        : registry_(&registry), id_(std::move(id)), thread_(thread) {}
    SessionRegistry* registry_;
    std::string id_;
    std::size_t thread_;
  };

  /// A place with an id that no living session has; nothing when all are taken or the server drains.
  [[nodiscard]] std::optional<Place> enter();

  /// Admits nobody from now on, and makes those who are here leave.
  void send_away(Leave how);

  /// Whether all sessions have ended before `timeout` has passed.
  bool wait_until_empty(std::chrono::milliseconds timeout);

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] bool accepting() const;  ///< not draining, and not full
  [[nodiscard]] bool draining() const;   ///< all have been sent away

 private:
  void leave(const std::string& id, std::size_t thread);

  const std::size_t max_sessions_;
  mutable std::mutex mutex_;
  std::condition_variable left_;
  std::optional<Leave> leaving_;  ///< how all have been sent away
  std::unordered_map<std::string, Close> sessions_;
  std::vector<std::size_t> on_thread_;  ///< sessions of each
};

}  // namespace unmuted
