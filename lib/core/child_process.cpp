#include "core/child_process.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace unmuted {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// How a child begins.
class SpawnPlan {
 public:
  explicit SpawnPlan(ChildProcess::Streams streams) {
    ::posix_spawn_file_actions_init(&files_);
    connect(streams.in, STDIN_FILENO, O_RDONLY);
    connect(streams.out, STDOUT_FILENO, O_WRONLY);
    connect(streams.err, STDERR_FILENO, O_WRONLY);
    ::posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setpgroup(&attributes_, 0);  // so that it can be killed with all it started
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  /// The error's number, 0 for none.
  int start(pid_t& child, std::vector<std::string>& arguments, std::vector<std::string>& environment) const {
    return ::posix_spawnp(&child, arguments.front().c_str(), &files_, &attributes_,
                          pointers_to(arguments).data(), pointers_to(environment).data());
  }

 private:
  void connect(int ours, int stream, int mode) {
    if (ours < 0) {
      ::posix_spawn_file_actions_addopen(&files_, stream, "/dev/null", mode, 0);
      return;
    }
    // The child's end is a description of its own, so that ours goes on without waiting.
    ::fcntl(ours, F_SETFL, ::fcntl(ours, F_GETFL) & ~O_NONBLOCK);
    ::posix_spawn_file_actions_adddup2(&files_, ours, stream);
  }

  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

std::optional<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return std::nullopt;
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::vector<std::string> harmless_environment() {
  std::vector<std::string> environment{"LC_ALL=C.UTF-8"};
  for (const char* name : {"PATH", "HOME", "ESPEAK_DATA_PATH", "LD_LIBRARY_PATH"}) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  return environment;
}

tl::expected<ChildProcess, int> ChildProcess::start(std::vector<std::string> arguments,
                                                    std::vector<std::string> environment, Streams streams) {
  pid_t pid = -1;
  const int fault = SpawnPlan(streams).start(pid, arguments, environment);
  if (fault != 0) return tl::unexpected(fault);
  return ChildProcess(pid);
}

std::optional<int> ChildProcess::wait_until(TimePoint deadline) {
  while (pid_ >= 0) {
    const pid_t ended = ::waitpid(pid_, &status_, WNOHANG);
    if (ended == pid_ || (ended < 0 && errno != EINTR)) {
      pid_ = -1;
    } else if (Clock::now() >= deadline) {
      return std::nullopt;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  return status_;
}

void ChildProcess::kill() {
  const pid_t pid = std::exchange(pid_, -1);
  if (pid < 0) return;
  ::kill(-pid, SIGKILL);
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, &status_, 0) < 0 && errno == EINTR) {
  }
}

std::string end_as_text(int status) {
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace unmuted
