#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "net/asio.hpp"

namespace unmuted::probe {

/// Runs `io` on this thread until `task` has ended, and gives what it gives; whatever else is in `io` goes on
/// meanwhile. Throws what the task throws, and std::logic_error when nothing is left in `io` that could end
/// it, as when what it waits for was destroyed.
template <class T>
T run_until_done(net::asio::io_context& io, net::awaitable<T> task) {
  struct End {
    std::exception_ptr thrown;
    std::optional<T> value;
  };
  const auto end = std::make_shared<End>();  // a task that is given up may still end, with `io`
  const auto on_end = [end](std::exception_ptr thrown, T value) {
    end->thrown = std::move(thrown);
    end->value.emplace(std::move(value));
  };
  net::asio::co_spawn(io, std::move(task), on_end);
  io.restart();
  while (!end->value) {
    if (io.run_one() == 0) throw std::logic_error("what is waited for can never come: nothing is running");
  }
  if (end->thrown) std::rethrow_exception(end->thrown);
  return std::move(*end->value);
}

}  // namespace unmuted::probe
