#include "support/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/unique_fd.hpp"

namespace unmuted::test {
namespace {

[[noreturn]] void raise(int error, const std::string& what) {
  throw std::system_error(error, std::generic_category(), what);
}

// The standard streams are files in memory: no pipe can fill up, and none is waited for.
UniqueFd memory_file(std::string_view content = {}) {
  UniqueFd file(::memfd_create("stream", MFD_CLOEXEC));
  if (!file) raise(errno, "memfd_create");
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0) raise(errno, "write");
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

std::string content_of(const UniqueFd& file) {
  std::string content;
  std::array<char, 16'384> part;
  ssize_t length = 0;
  while ((length = ::pread(file.get(), part.data(), part.size(), static_cast<off_t>(content.size()))) > 0) {
    content.append(part.data(), static_cast<std::size_t>(length));
  }
  return content;
}

std::vector<std::string> merged_environment(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view old = *entry;
    const std::string_view name = old.substr(0, old.find('=') + 1);
    const bool replaced =
        std::any_of(added.begin(), added.end(), [&](const auto& a) { return a.starts_with(name); });
    if (!replaced) all.emplace_back(old);
  }
  return all;
}

std::vector<char*> c_strings(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

pid_t spawn(std::vector<std::string> arguments, const std::vector<std::string>& added_environment,
            const std::array<int, 3>& streams) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawnattr_init(&attributes);
  for (int stream = 0; stream < 3; ++stream) {
    ::posix_spawn_file_actions_adddup2(&actions, streams[static_cast<std::size_t>(stream)], stream);
  }
  // A process group of its own, so that a timeout ends its children too.
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> environment = merged_environment(added_environment);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, arguments.at(0).c_str(), &actions, &attributes,
                                  c_strings(arguments).data(), c_strings(environment).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) raise(error, "cannot start " + arguments.at(0));
  return pid;
}

/// Whether `pid` ended in time.
bool wait_for_end(pid_t pid, std::chrono::milliseconds timeout) {
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!handle) raise(errno, "pidfd_open");
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  pollfd poll_entry{handle.get(), POLLIN, 0};
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    const int ready = ::poll(&poll_entry, 1, static_cast<int>(std::max<long>(0, left)));
    if (ready > 0) return true;
    if (ready == 0) return false;
    if (errno != EINTR) raise(errno, "poll");
  }
}

}  // namespace

struct Process::Implementation {
  UniqueFd in, out, err;
  std::chrono::milliseconds timeout;
  pid_t pid = -1;
  bool reaped = false;
};

Process::Process(const std::vector<std::string>& arguments, const ProcessOptions& options)
    : implementation_(
          new Implementation{memory_file(options.input), memory_file(), memory_file(), options.timeout}) {
  auto& self = *implementation_;
  self.pid = spawn(arguments, options.environment, {self.in.get(), self.out.get(), self.err.get()});
}

Process::~Process() {
  if (implementation_->reaped) return;
  ::kill(-implementation_->pid, SIGKILL);
  finish();
}

bool Process::wait_for(std::string_view text) {
  const auto deadline = std::chrono::steady_clock::now() + implementation_->timeout;
  const auto said = [&] {
    return out().find(text) != std::string::npos || err().find(text) != std::string::npos;
  };
  while (!said()) {
    // A file in memory tells nobody that it has grown: look again after a moment, or at the end.
    const bool ended = wait_for_end(implementation_->pid, std::chrono::milliseconds(5));
    if (ended || std::chrono::steady_clock::now() > deadline) return said();
  }
  return true;
}

void Process::signal(int number) const {
  ::kill(implementation_->pid, number);
}

ProcessResult Process::finish() {
  auto& self = *implementation_;
  ProcessResult result;
  result.timed_out = !wait_for_end(self.pid, self.timeout);
  if (result.timed_out) ::kill(-self.pid, SIGKILL);
  int status = 0;
  while (::waitpid(self.pid, &status, 0) < 0 && errno == EINTR) {
  }
  self.reaped = true;
  result.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  result.out = out();
  result.err = err();
  return result;
}

std::string Process::out() const {
  return content_of(implementation_->out);
}
std::string Process::err() const {
  return content_of(implementation_->err);
}

ProcessResult run_process(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  return Process(arguments, options).finish();
}

std::optional<ProcessResult> run_bound_by_permissions(std::vector<std::string> arguments) {
  const std::vector<std::string> setpriv{"/usr/bin/setpriv", "--bounding-set=-dac_override,-dac_read_search"};
  const auto run = [&](const std::vector<std::string>& program) {
    std::vector<std::string> all = setpriv;
    all.insert(all.end(), program.begin(), program.end());
    return run_process(all);
  };
  try {
    if (run({"/bin/true"}).exit_code != 0) return std::nullopt;
    return run(arguments);
  } catch (const std::system_error&) {
    return std::nullopt;
  }
}

std::string binary(std::string_view name) {
  return std::string(UNMUTED_BIN_DIR "/").append(name);
}

}  // namespace unmuted::test
