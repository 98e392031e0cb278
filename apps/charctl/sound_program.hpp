#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "net/asio.hpp"

namespace unmuted::charctl {

/// aplay or arecord, through which sound is played and recorded on this machine: a process with a pipe to it
/// or from it, which is killed at the end of this object. One thread; what is under way then still ends.
class SoundProgram {
 public:
  enum class Pipe { to_it, from_it };

  /// `arguments` begins with its name. Error: sound_failed, with what to do where it is not installed.
  static Result<SoundProgram> start(const net::asio::any_io_executor& executor,
                                    std::vector<std::string> arguments, Pipe pipe);
  ~SoundProgram();
  SoundProgram(SoundProgram&&) noexcept = default;
  SoundProgram& operator=(SoundProgram&&) = delete;

  /// Returns when it has taken all of it. False: it takes no more, or nothing for ten seconds. `bytes` must
  /// stay till then.
  net::awaitable<bool> write(std::span<const std::byte> bytes);
  /// Returns when it has given something, with how much; 0: it gives no more.
  net::awaitable<std::size_t> read(std::span<std::byte> room);

  /// It gets no more.
  void close();
  /// Waits for its end, for ten seconds at the most, after which it is killed. Error: sound_failed, with its
  /// own last words.
  net::awaitable<Result<void>> end();
  /// Now; whatever waits returns.
  void kill();

 private:
  struct State;
  explicit SoundProgram(std::shared_ptr<State> state) : state_(std::move(state)) {}
  static net::awaitable<void> hear_complaints(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;
};

}  // namespace unmuted::charctl
