#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/write.hpp>

#include "audio/wav.hpp"
#include "core/utf8.hpp"
#include "sound_output.hpp"

namespace unmuted::charctl {

namespace asio = net::asio;

namespace {

/// Writing must not wait, and of a pipe others may have the same open file: hence one of our own.
int open_stdout() {
  struct stat status {};
  if (::fstat(STDOUT_FILENO, &status) == 0 && S_ISFIFO(status.st_mode)) {
    const int own = ::open("/proc/self/fd/1", O_WRONLY | O_CLOEXEC | O_NONBLOCK);
    if (own >= 0) return own;
  }
  return ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
}

class WavOutput final : public SoundOutput {
 public:
  WavOutput(const asio::any_io_executor& executor, std::string path)
      : path_(std::move(path)), file_(executor) {}

  net::awaitable<Result<void>> play(audio::Samples samples) override {
    const bool begins = !file_.is_open();
    if (begins && !open()) co_return failed(std::strerror(errno));
    std::vector<std::byte> bytes =
        begins ? audio::write_wav_head(audio::unknown_length) : std::vector<std::byte>();
    const std::vector<std::byte> sound = audio::write_samples(samples);
    bytes.insert(bytes.end(), sound.begin(), sound.end());
    const auto [error, length] = co_await asio::async_write(file_, asio::buffer(bytes), net::as_result);
    if (error == asio::error::operation_aborted) co_return Result<void>();  // it was stopped
    if (error) co_return failed(error.message());
    written_ += sound.size();
    co_return Result<void>();
  }

  net::awaitable<Result<void>> finish() override {
    if (!correct_head()) co_return failed(std::strerror(errno));
    co_return Result<void>();
  }

  void stop() override {
    boost::system::error_code ignored;
    file_.cancel(ignored);
    correct_head();
  }

 private:
  bool open() {
    const int file = path_ == "-"
                         ? open_stdout()
                         : ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    if (file < 0) return false;
    file_.assign(file);
    begins_at_ = ::lseek(file, 0, SEEK_CUR);
    return true;
  }

  /// True also where that cannot be done: the head says then that the length is not known.
  bool correct_head() {
    if (!file_.is_open() || begins_at_ < 0) return true;
    if ((::fcntl(file_.native_handle(), F_GETFL) & O_APPEND) != 0) return true;
    const auto head = audio::write_wav_head(
        static_cast<std::uint32_t>(std::min<std::size_t>(written_, audio::unknown_length)));
    return ::pwrite(file_.native_handle(), head.data(), head.size(), begins_at_) ==
           static_cast<ssize_t>(head.size());
  }

  tl::unexpected<Error> failed(const std::string& why) const {
    return fail("sound_failed",
                "Cannot write " + (path_ == "-" ? "to stdout" : printable(path_)) + ": " + why);
  }

  std::string path_;
  asio::posix::stream_descriptor file_;
  off_t begins_at_ = -1;     ///< the WAV file in it; -1: it is a pipe
  std::size_t written_ = 0;  ///< bytes of sound
};

}  // namespace

std::unique_ptr<SoundOutput> wav_output(const asio::any_io_executor& executor, std::string path) {
  return std::make_unique<WavOutput>(executor, std::move(path));
}

}  // namespace unmuted::charctl
