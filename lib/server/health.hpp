#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "core/clock.hpp"
#include "net/asio.hpp"
#include "services/language_model.hpp"

namespace unmuted {

/// Whether the backends answer. However many ask, a backend is probed twice a second at the most, and those
/// who ask while a probe is under way hear its answer. Any thread.
class Health {
 public:
  /// `model` may be null: then scripts answer, and they are always up. It lives longer.
  explicit Health(LanguageModel* model) : model_(model) {}

  /// What the newest probe said, or says: makes one when that is older than half a second. Returns within a
  /// few seconds; false when it could not be found out.
  net::awaitable<bool> language_model_up();

 private:
  struct Waiter;
  /// Somebody of another thread, perhaps: only that thread touches the waiter.
  struct Place {
    net::asio::any_io_executor executor;
    std::weak_ptr<Waiter> waiter;
  };

  net::awaitable<bool> probe();
  void tell(bool up);

  LanguageModel* model_;
  std::mutex mutex_;
  TimePoint probed_{};
  bool probing_ = false;
  bool up_ = false;
  std::vector<Place> waiting_;
};

}  // namespace unmuted
