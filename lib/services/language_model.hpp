#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "net/asio.hpp"
#include "services/reply.hpp"

namespace unmuted {

/// One reply under way. Lives on the thread of the executor that it was started with; every member is called
/// there. Destroying it is abort().
class ReplyStream {
 public:
  virtual ~ReplyStream() = default;

  /// The next event; waits for it. One call at a time, and none after the last event. Never throws.
  virtual net::awaitable<ReplyEvent> next() = 0;

  /// Ends the reply in whatever state it is: the connection to the model is closed, so that it stops working.
  /// A next() under way returns ReplyFailed, and so does every later one; nobody need wait for it.
  virtual void abort() = 0;
};

/// A service that continues conversations. Any thread; outlives its replies' event loops.
class LanguageModel {
 public:
  virtual ~LanguageModel() = default;

  /// Begins a reply that is delivered on `executor`, whose context is run by one thread. Does nothing yet:
  /// the request is sent by the first next().
  virtual std::unique_ptr<ReplyStream> start(const net::asio::any_io_executor& executor,
                                             ReplyRequest request) = 0;

  /// Whether it answers. Takes two seconds at most.
  virtual net::awaitable<bool> up() = 0;
};

/// A reply that is known already, such as a script's or a rehearsal's. `events` ends with ReplyFinished or
/// ReplyFailed.
class KnownReply final : public ReplyStream {
 public:
  explicit KnownReply(std::vector<ReplyEvent> events) : events_(std::move(events)) {}

  net::awaitable<ReplyEvent> next() override {
    if (next_ == events_.size()) co_return ReplyFailed{{"service_unavailable", "The reply was aborted", ""}};
    co_return std::move(events_[next_++]);
  }

  void abort() override { next_ = events_.size(); }

 private:
  std::vector<ReplyEvent> events_;
  std::size_t next_ = 0;
};

}  // namespace unmuted
