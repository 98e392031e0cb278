#pragma once

#include <exception>
#include <functional>
#include <thread>
#include <utility>

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "net/run_loop.hpp"

namespace unmuted {

/// One thread with its own loop, which has work until it is stopped.
struct NetworkThread {
  net::asio::io_context io{1};
  net::asio::executor_work_guard<net::asio::io_context::executor_type> work = net::asio::make_work_guard(io);
  std::jthread thread;

  /// `on_bug`: see net::run_loop.
  void start(std::function<void(const std::exception*)> on_bug) {
    thread = std::jthread([this, on_bug = std::move(on_bug)] {
      ::pthread_setname_np(::pthread_self(), "network");
      net::run_loop(io, on_bug);
    });
  }

  void join() {
    if (thread.joinable()) thread.join();
  }
};

}  // namespace unmuted
