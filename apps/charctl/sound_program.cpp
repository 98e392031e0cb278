#include "sound_program.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "core/child_process.hpp"
#include "core/clock.hpp"
#include "core/utf8.hpp"
#include "net/signal.hpp"

namespace unmuted::charctl {

namespace asio = net::asio;

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::milliseconds farewell{500};  // from its last word to its end
constexpr std::size_t max_complaints = 4'096;       // bytes, the last of them

tl::unexpected<Error> failed(std::string message) {
  return fail("sound_failed", std::move(message));
}

/// A sound server is found by much of it, and what is started is the user's own program.
std::vector<std::string> whole_environment() {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  return environment;
}

std::string_view last_line(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \r\n");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

struct SoundProgram::State {
  State(const asio::any_io_executor& executor, std::string its_name, ChildProcess process)
      : name(std::move(its_name)),
        child(std::move(process)),
        sound(executor),
        errors(executor),
        watchdog(executor),
        silent(executor) {}

  std::string name;
  ChildProcess child;
  asio::posix::stream_descriptor sound, errors;
  asio::steady_timer watchdog;  ///< of write()
  std::array<char, 1'024> part{};
  std::string complaints;
  bool over = false;  ///< no more complaints come
  net::Signal silent;
};

Result<SoundProgram> SoundProgram::start(const asio::any_io_executor& executor,
                                         std::vector<std::string> arguments, Pipe pipe) {
  std::string name = arguments.front();
  auto sound = open_pipe();
  auto errors = open_pipe();
  if (!sound || !errors) return failed(name + " cannot be started: " + std::strerror(errno));
  const bool plays = pipe == Pipe::to_it;
  ChildProcess::Streams streams{.err = errors->writing.get()};
  (plays ? streams.in : streams.out) = (plays ? sound->reading : sound->writing).get();
  auto child = ChildProcess::start(std::move(arguments), whole_environment(), streams);
  if (!child && child.error() == ENOENT) {
    return failed("There is no " + name + " on this machine; it comes with the package alsa-utils");
  }
  if (!child) return failed(name + " cannot be started: " + std::strerror(child.error()));
  auto state = std::make_shared<State>(executor, std::move(name), std::move(*child));
  state->sound.assign((plays ? sound->writing : sound->reading).release());
  state->errors.assign(errors->reading.release());
  asio::co_spawn(executor, hear_complaints(state), asio::detached);
  return SoundProgram(std::move(state));
}

SoundProgram::~SoundProgram() {
  if (state_) kill();
}

net::awaitable<void> SoundProgram::hear_complaints(std::shared_ptr<State> state) {
  while (true) {
    const auto [error, length] =
        co_await state->errors.async_read_some(asio::buffer(state->part), net::as_result);
    if (error) break;
    state->complaints.append(state->part.data(), length);
    if (state->complaints.size() > max_complaints) {
      state->complaints.erase(0, state->complaints.size() - max_complaints);
    }
  }
  state->over = true;
  state->silent.notify();
}

net::awaitable<bool> SoundProgram::write(std::span<const std::byte> bytes) {
  const std::shared_ptr<State> state = state_;
  state->watchdog.expires_after(patience);
  auto give_up = [state](const boost::system::error_code& error) {
    boost::system::error_code ignored;
    if (!error) state->sound.cancel(ignored);
  };
  state->watchdog.async_wait(std::move(give_up));
  const auto [error, length] =
      co_await asio::async_write(state->sound, asio::buffer(bytes.data(), bytes.size()), net::as_result);
  state->watchdog.cancel();
  co_return !error;
}

net::awaitable<std::size_t> SoundProgram::read(std::span<std::byte> room) {
  const std::shared_ptr<State> state = state_;
  const auto [error, length] =
      co_await state->sound.async_read_some(asio::buffer(room.data(), room.size()), net::as_result);
  co_return error ? 0 : length;
}

void SoundProgram::close() {
  boost::system::error_code ignored;
  state_->sound.close(ignored);
}

net::awaitable<Result<void>> SoundProgram::end() {
  const std::shared_ptr<State> state = state_;
  const TimePoint deadline = Clock::now() + patience;
  while (!state->over && Clock::now() < deadline) co_await state->silent.wait_until(deadline);
  const auto status = state->child.wait_until(Clock::now() + farewell);
  state->child.kill();
  if (!status) co_return failed(state->name + " does not end");
  if (*status == 0) co_return Result<void>();
  const std::string_view said = last_line(state->complaints);
  if (said.empty()) co_return failed(state->name + " " + end_as_text(*status));
  co_return failed(shorten(printable(said), 200) + " (is there a sound card?)");
}

void SoundProgram::kill() {
  state_->child.kill();
  boost::system::error_code ignored;
  state_->sound.close(ignored);
  state_->errors.close(ignored);
  state_->watchdog.cancel();
}

}  // namespace unmuted::charctl
