#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <sstream>
#include <utility>
#include <vector>

#include <unistd.h>

#include "audio/wav.hpp"
#include "sound_output.hpp"
#include "sound_program.hpp"

namespace unmuted::charctl {
namespace {

constexpr std::size_t bytes_at_once = 16U << 10U;  // a third of a second: it may take that long to take them

std::vector<std::string> player() {
  return {"aplay",
          "-q",
          "-t",
          "raw",
          "-f",
          "S16_LE",
          "-r",
          std::to_string(audio::sample_rate),
          "-c",
          "1",
          "--buffer-time=200000",
          "-"};
}

Error with_advice(Error error) {
  error.message += ". --output FILE.wav writes a file instead";
  return error;
}

class Loudspeaker final : public SoundOutput {
 public:
  explicit Loudspeaker(net::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  net::awaitable<Result<void>> play(audio::Samples samples) override {
    if (!program_) {
      auto started = SoundProgram::start(executor_, player(), SoundProgram::Pipe::to_it);
      if (!started) co_return tl::unexpected(with_advice(started.error()));
      program_ = std::make_shared<SoundProgram>(std::move(*started));
    }
    const std::shared_ptr<SoundProgram> program = program_;
    const std::vector<std::byte> bytes = audio::write_samples(samples);
    for (std::size_t at = 0; at < bytes.size(); at += bytes_at_once) {
      const auto piece = std::span(bytes).subspan(at, std::min(bytes_at_once, bytes.size() - at));
      const bool taken = co_await program->write(piece);
      if (program != program_) break;  // it was stopped
      if (taken) continue;
      Result<void> ended = co_await end();
      if (ended) ended = fail("sound_failed", "aplay takes no more sound");
      co_return tl::unexpected(with_advice(ended.error()));
    }
    co_return Result<void>();
  }

  net::awaitable<Result<void>> finish() override {
    if (!program_) co_return Result<void>();
    const Result<void> ended = co_await end();
    if (!ended) co_return tl::unexpected(with_advice(ended.error()));
    co_return Result<void>();
  }

  void stop() override {
    if (program_) std::exchange(program_, nullptr)->kill();
  }

 private:
  net::awaitable<Result<void>> end() {
    const std::shared_ptr<SoundProgram> program = program_;
    program->close();
    Result<void> ended = co_await program->end();
    if (program != program_) co_return Result<void>();  // it was stopped
    program_.reset();
    co_return ended;
  }

  net::asio::any_io_executor executor_;
  std::shared_ptr<SoundProgram> program_;  ///< shared with what is under way
};

}  // namespace

std::unique_ptr<SoundOutput> loudspeaker(const net::asio::any_io_executor& executor) {
  return std::make_unique<Loudspeaker>(executor);
}

bool is_installed(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace unmuted::charctl
