#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <tl/expected.hpp>

#include "core/clock.hpp"
#include "core/unique_fd.hpp"

namespace unmuted {

struct Pipe {
  UniqueFd reading, writing;
};

/// Both ends without waiting, and of this process alone; nothing where the system has none left, which errno
/// tells.
std::optional<Pipe> open_pipe();

/// Of this process's environment, what finds programs and their data, and no secret.
std::vector<std::string> harmless_environment();

/// A program that runs beside us, in a process group of its own. At the end of this object it is killed, with
/// all it started, unless it has ended.
class ChildProcess {
 public:
  /// Descriptors of ours that become its standard streams; -1: /dev/null. Of a pipe's end without waiting the
  /// child gets one that waits, as programs expect.
  struct Streams {
    int in = -1, out = -1, err = -1;
  };

  /// `arguments` begins with the program's name, which is looked for in PATH; no shell is involved. It
  /// inherits no other descriptor, no blocked or ignored signal, and of the environment what it is given.
  /// Error: errno.
  static tl::expected<ChildProcess, int> start(std::vector<std::string> arguments,
                                               std::vector<std::string> environment, Streams streams);

  ~ChildProcess() { kill(); }
  ChildProcess(ChildProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)), status_(other.status_) {}
  ChildProcess& operator=(ChildProcess&&) = delete;

  /// Its exit status as waitpid() gives it; nothing when it has not ended by then. Blocks.
  std::optional<int> wait_until(TimePoint deadline);

  /// It has ended when this returns.
  void kill();

 private:
  explicit ChildProcess(pid_t pid) : pid_(pid) {}

  pid_t pid_;       ///< -1: it has been waited for
  int status_ = 0;  ///< then
};

/// What an exit status says: "ended with exit code 1".
std::string end_as_text(int status);

}  // namespace unmuted
