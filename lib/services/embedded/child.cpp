#include "services/embedded/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/unique_fd.hpp"

namespace unmuted::embedded {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t max_input = 4'096;  // what a pipe takes without a reader
constexpr milliseconds look_up{50};       // how often it is asked whether the sound is still wanted

tl::unexpected<Error> child_failed(std::string message) {
  return fail("service_unavailable", std::move(message));
}

struct Pipe {
  UniqueFd reading, writing;
};

std::optional<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return std::nullopt;
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

/// Of the environment, what is no secret.
std::vector<std::string> environment_of_child() {
  std::vector<std::string> environment{"LC_ALL=C.UTF-8"};
  for (const char* name : {"PATH", "HOME", "ESPEAK_DATA_PATH", "LD_LIBRARY_PATH"}) {
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  }
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// How a child begins.
class SpawnPlan {
 public:
  SpawnPlan(int input, int output) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_adddup2(&files_, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&files_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
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
  int start(pid_t& child, std::vector<std::string> arguments) const {
    std::vector<std::string> environment = environment_of_child();
    return ::posix_spawnp(&child, arguments.front().c_str(), &files_, &attributes_,
                          pointers_to(arguments).data(), pointers_to(environment).data());
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

/// A process that runs. At its end it is killed, unless it has been waited for.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ > 0) end_now();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Its exit status as waitpid() gives it; nothing when it has not ended by then.
  std::optional<int> wait_until(TimePoint deadline) {
    int status = 0;
    while (true) {
      const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
      if (ended == pid_ || (ended < 0 && errno != EINTR)) {
        pid_ = -1;
        return status;
      }
      if (Clock::now() >= deadline) return std::nullopt;
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

 private:
  void end_now() {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  pid_t pid_;
};

milliseconds until(TimePoint then) {
  return std::chrono::ceil<milliseconds>(then - Clock::now());
}

/// What comes from `output` until it is closed.
Result<std::string> read_all(int output, const ChildLimits& limits, const std::stop_token& unwanted) {
  std::string read;
  std::array<char, 65'536> chunk{};
  const TimePoint end = Clock::now() + limits.whole;
  TimePoint too_silent = Clock::now() + limits.silence;
  while (true) {
    if (unwanted.stop_requested()) return child_failed("is not wanted any more");
    const milliseconds patience = std::min(until(std::min(end, too_silent)), look_up);
    if (patience <= milliseconds(0)) return child_failed("does not answer");
    pollfd waiting{output, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) continue;
    const ssize_t got = ::read(output, chunk.data(), chunk.size());
    if (got == 0) return read;
    if (got < 0 && errno != EINTR && errno != EAGAIN) return child_failed(std::strerror(errno));
    if (got < 0) continue;
    read.append(chunk.data(), static_cast<std::size_t>(got));
    if (read.size() > limits.max_output) return child_failed("speaks without an end");
    too_silent = Clock::now() + limits.silence;
  }
}

std::string end_as_text(int status) {
  if (WIFSIGNALED(status)) return "was ended by signal " + std::to_string(WTERMSIG(status));
  return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Result<std::string> run_child(const std::vector<std::string>& arguments, const std::string& input,
                              const ChildLimits& limits, const std::stop_token& unwanted) {
  auto in = open_pipe();
  auto out = open_pipe();
  if (!in || !out) return child_failed("cannot be started: " + std::string(std::strerror(errno)));
  // Before it runs: nobody can hang up meanwhile, which would be a signal to us.
  const bool fits = input.size() <= max_input;
  if (!fits || ::write(in->writing.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size())) {
    return child_failed("cannot be given so long a text");
  }
  // Its own ends wait as usual. They are descriptions of their own, so ours do not.
  ::fcntl(in->reading.get(), F_SETFL, 0);
  ::fcntl(out->writing.get(), F_SETFL, 0);
  pid_t pid = -1;
  const int fault = SpawnPlan(in->reading.get(), out->writing.get()).start(pid, arguments);
  if (fault != 0) return child_failed("cannot be started: " + std::string(std::strerror(fault)));
  Child child(pid);
  in->writing = UniqueFd();
  out->writing = UniqueFd();
  auto output = read_all(out->reading.get(), limits, unwanted);
  if (!output) return output;
  const auto status = child.wait_until(Clock::now() + limits.silence);
  if (!status) return child_failed("does not end");
  if (*status != 0) return child_failed(end_as_text(*status));
  return output;
}

}  // namespace unmuted::embedded
