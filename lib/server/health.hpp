#pragma once

#include <mutex>

#include "core/clock.hpp"
#include "net/asio.hpp"
#include "services/language_model.hpp"

namespace unmuted {

/// Whether the backends answer. However many ask, a backend is probed twice a second at the most. Any thread.
class Health {
 public:
  /// `model` may be null: then scripts answer, and they are always up. It lives longer.
  explicit Health(LanguageModel* model) : model_(model) {}

  /// What the newest probe said; makes one when that is older than half a second and nobody else is at it.
  net::awaitable<bool> language_model_up();

 private:
  bool begin_probe(TimePoint now);
  bool end_probe(bool up);

  LanguageModel* model_;
  std::mutex mutex_;
  TimePoint probed_{};
  bool probing_ = false;
  bool up_ = false;
};

}  // namespace unmuted
