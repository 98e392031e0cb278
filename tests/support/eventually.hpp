#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace unmuted::test {

/// Waits until something another thread does has come true, for half a minute at most.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace unmuted::test
