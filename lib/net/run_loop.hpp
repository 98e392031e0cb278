#pragma once

#include <exception>
#include <functional>

#include <boost/asio/io_context.hpp>

#include "net/asio.hpp"

namespace unmuted::net {

/// Runs `io` on this thread until it is stopped or has no more work. What throws out of a handler – a bug, or
/// a lack of memory – ends that handler and nothing else: `on_bug` hears of it (null when it was no
/// std::exception), and must not throw.
inline void run_loop(asio::io_context& io, const std::function<void(const std::exception*)>& on_bug) {
  while (true) {
    try {
      io.run();
      return;
    } catch (const std::exception& bug) {
      on_bug(&bug);
    } catch (...) {
      on_bug(nullptr);
    }
  }
}

}  // namespace unmuted::net
