#include "services/embedded/child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <unistd.h>

#include "core/child_process.hpp"
#include "core/clock.hpp"

namespace unmuted::embedded {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t max_input = 4'096;  // what a pipe takes without a reader
constexpr milliseconds look_up{50};       // how often it is asked whether the sound is still wanted

tl::unexpected<Error> child_failed(std::string message) {
  return fail("service_unavailable", std::move(message));
}

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
  auto child = ChildProcess::start(arguments, harmless_environment(),
                                   {.in = in->reading.get(), .out = out->writing.get()});
  if (!child) return child_failed("cannot be started: " + std::string(std::strerror(child.error())));
  in->writing = UniqueFd();
  out->writing = UniqueFd();
  auto output = read_all(out->reading.get(), limits, unwanted);
  if (!output) return output;
  const auto status = child->wait_until(Clock::now() + limits.silence);
  if (!status) return child_failed("does not end");
  if (*status != 0) return child_failed(end_as_text(*status));
  return output;
}

}  // namespace unmuted::embedded
