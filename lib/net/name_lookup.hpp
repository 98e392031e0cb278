#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "net/asio.hpp"
#include "net/signal.hpp"

namespace unmuted::net {

using Addresses = std::vector<asio::ip::address>;

/// What the system knows of a name, in its order. Blocks, for half a minute where no server of names answers.
/// Error: connect_failed.
Result<Addresses> look_up_by_system(const std::string& name);

struct NameLookupOptions {
  /// Blocks; is called on several threads at a time. It must own all it needs: a call that hangs is left
  /// behind at the end of the process.
  std::function<Result<Addresses>(const std::string& name)> look_up = look_up_by_system;
  unsigned threads = 4;  ///< look-ups of different names at a time; further ones wait
  std::chrono::milliseconds keep{30'000};
  std::chrono::milliseconds keep_failure{1'000};
};

/// The addresses of names. All who ask for one name at a time are answered by one look-up, and its answer is
/// kept for a while. The look-ups run on threads that nobody waits for, neither a coroutine past its time
/// limit nor the end of the process. Any thread.
class NameLookup {
  struct State;

 public:
  /// One who asks. Lives on the thread of its executor, and may be let go of at any time. Look whether there
  /// is an answer, wait for a change, look again.
  class Question : public std::enable_shared_from_this<Question> {
   public:
    Question(const asio::any_io_executor& executor, std::string name, std::shared_ptr<State> state);
    ~Question();
    Question(const Question&) = delete;
    Question& operator=(const Question&) = delete;

    std::optional<Result<Addresses>> answer;
    Signal changed;

   private:
    friend class NameLookup;
    const asio::any_io_executor executor_;
    const std::string name_;
    const std::shared_ptr<State> state_;
  };

  explicit NameLookup(NameLookupOptions options);

  /// May be answered already.
  std::shared_ptr<Question> ask(const asio::any_io_executor& executor, const std::string& name);

  /// The answer was no good: the next who asks gets a new one.
  void forget(const std::string& name);

 private:
  static void work(const std::shared_ptr<State>& state);
  static void answer(State& state, const std::string& name, const Result<Addresses>& answer);

  std::shared_ptr<State> state_;  ///< shared with the threads
};

}  // namespace unmuted::net
