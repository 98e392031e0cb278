#include "sound_input.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "audio/resampler.hpp"
#include "audio/wav.hpp"
#include "core/clock.hpp"
#include "core/utf8.hpp"
#include "net/signal.hpp"
#include "sound_program.hpp"

namespace unmuted::charctl {
namespace {

constexpr std::chrono::milliseconds frame_length{80};
constexpr std::size_t silence_behind = std::size_t{3} * audio::sample_rate;
constexpr std::size_t max_file = 256U << 20U;  // bytes

std::vector<std::string> recorder() {
  return {"arecord",
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

class Microphone final : public SoundInput {
 public:
  explicit Microphone(net::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  net::awaitable<Result<audio::Samples>> next() override {
    if (stopped_) co_return audio::Samples();
    if (!program_) {
      auto started = SoundProgram::start(executor_, recorder(), SoundProgram::Pipe::from_it);
      if (!started) co_return tl::unexpected(started.error());
      program_.emplace(std::move(*started));
    }
    audio::Samples samples;
    while (samples.empty()) {
      const std::size_t length = co_await program_->read(std::span(part_).subspan(left_over_));
      if (stopped_) co_return audio::Samples();
      if (length == 0) {
        const Result<void> ended = co_await program_->end();
        if (!ended && !stopped_) co_return tl::unexpected(ended.error());
        co_return audio::Samples();
      }
      samples = take(left_over_ + length);
    }
    co_return samples;
  }

  void stop() override {
    stopped_ = true;
    if (program_) program_->kill();
  }

 private:
  /// A pipe may give half a sample, which waits for the other half.
  audio::Samples take(std::size_t length) {
    audio::Samples samples = audio::read_samples(std::span(part_).first(length));
    left_over_ = length % 2;
    part_[0] = part_[length - 1];
    return samples;
  }

  net::asio::any_io_executor executor_;
  std::optional<SoundProgram> program_;
  std::array<std::byte, 2 * audio::frame_samples> part_{};
  std::size_t left_over_ = 0;  ///< bytes of part_, of a sample that was not whole
  bool stopped_ = false;
};

class WavInput final : public SoundInput {
 public:
  WavInput(const net::asio::any_io_executor& executor, audio::Samples samples)
      : samples_(std::move(samples)), stopped_(executor) {}

  net::awaitable<Result<audio::Samples>> next() override {
    if (given_ == 0) due_ = Clock::now();
    const TimePoint due = due_;
    while (given_ < samples_.size() && Clock::now() < due) co_await stopped_.wait_until(due);
    due_ += frame_length;
    const std::size_t end = std::min(given_ + audio::frame_samples, samples_.size());
    const auto frame = std::span(samples_).subspan(given_, end - given_);
    given_ = end;
    co_return audio::Samples(frame.begin(), frame.end());
  }

  void stop() override {
    given_ = samples_.size();
    stopped_.notify();
  }

 private:
  audio::Samples samples_;
  std::size_t given_ = 0;
  TimePoint due_{};
  net::Signal stopped_;
};

tl::unexpected<Error> unreadable(const std::string& path, const std::string& why) {
  return fail("sound_failed", "Cannot read " + printable(path) + ": " + why);
}

Result<std::string> content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(max_file + 1, '\0');
  if (!file.read(content.data(), static_cast<std::streamsize>(content.size())) && !file.eof()) {
    return unreadable(path, std::strerror(errno));
  }
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > max_file) return unreadable(path, "it is larger than 256 MiB");
  return content;
}

}  // namespace

std::unique_ptr<SoundInput> microphone(const net::asio::any_io_executor& executor) {
  return std::make_unique<Microphone>(executor);
}

Result<std::unique_ptr<SoundInput>> wav_input(const net::asio::any_io_executor& executor,
                                              const std::string& path) {
  const auto content = content_of(path);
  if (!content) return tl::unexpected(content.error());
  auto wav = audio::read_wav(std::as_bytes(std::span(*content)));
  if (!wav) return fail("sound_failed", printable(path) + " " + wav.error().message);
  audio::Resampler resampler(wav->rate, audio::sample_rate);
  audio::Samples samples = resampler.feed(wav->samples);
  const audio::Samples rest = resampler.finish();
  samples.insert(samples.end(), rest.begin(), rest.end());
  samples.resize(samples.size() + silence_behind);
  return std::make_unique<WavInput>(executor, std::move(samples));
}

}  // namespace unmuted::charctl
