#include "session/recordings.hpp"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include <spdlog/logger.h>

#include "core/unique_fd.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

std::string what_failed() {
  return std::generic_category().message(errno);
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d_%H-%M-%S", &parts);
  return {text, size};
}

}  // namespace

/// Used by one job at a time, but for its flags.
class RecordingFile {
 public:
  RecordingFile(std::string the_path, std::string the_session)
      : session(std::move(the_session)), path_(std::move(the_path)) {}
  ~RecordingFile() { remove_if_unwanted(); }
  RecordingFile(const RecordingFile&) = delete;
  RecordingFile& operator=(const RecordingFile&) = delete;

  /// All of the lines, or none. What went wrong; empty when nothing did.
  std::string append(std::string_view lines) {
    if (unwanted || ended) return {};
    if (!file_) {
      file_ = UniqueFd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                              S_IRUSR | S_IWUSR));
      if (!file_) return what_failed();
    }
    std::string_view rest = lines;
    while (!rest.empty()) {
      const ssize_t count = ::write(file_.get(), rest.data(), rest.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return give_up();
      rest.remove_prefix(static_cast<std::size_t>(count));
    }
    size_ += lines.size();
    return {};
  }

  void remove_if_unwanted() {
    if (unwanted && std::exchange(file_, UniqueFd())) ::unlink(path_.c_str());
  }

  const std::string session;
  std::atomic<bool> unwanted = false;
  std::atomic<bool> ended = false;
  std::size_t waiting = 0;  ///< bytes; the queue's

 private:
  /// Half a line is of no use to anybody.
  std::string give_up() {
    std::string why = what_failed();
    if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) why += "; its last line is cut off";
    return why;
  }

  const std::string path_;
  UniqueFd file_;
  std::size_t size_ = 0;
};

/// What jobs share with the threads that make them.
struct Recordings::Queue {
  explicit Queue(std::shared_ptr<spdlog::logger> the_log) : log(std::move(the_log)) {}

  bool enter(RecordingFile& file, std::size_t bytes, const RecordingLimits& limits) {
    const std::lock_guard lock(mutex);
    if (file.waiting + bytes > limits.waiting || waiting + bytes > limits.all_waiting) return false;
    file.waiting += bytes;
    waiting += bytes;
    return true;
  }
  void leave(RecordingFile& file, std::size_t bytes) {
    const std::lock_guard lock(mutex);
    file.waiting -= bytes;
    waiting -= bytes;
  }
  void end(RecordingFile& file, const std::string& why) {
    if (file.ended.exchange(true)) return;
    log->warn("recording_ended session={} error={}", file.session, why);
  }

  const std::shared_ptr<spdlog::logger> log;
  std::mutex mutex;
  std::condition_variable done;
  std::size_t waiting = 0;  ///< bytes
  std::size_t jobs = 0;
};

Result<std::unique_ptr<Recordings>> Recordings::in(std::string directory, WorkerPool& pool,
                                                   std::shared_ptr<spdlog::logger> log,
                                                   RecordingLimits limits) {
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    return fail("invalid_configuration", "There is no directory for recordings: " + printable(directory));
  }
  if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return fail("invalid_configuration",
                "No recording can be made in " + printable(directory) + ": " + what_failed());
  }
  return std::unique_ptr<Recordings>(new Recordings(std::move(directory), pool, std::move(log), limits));
}

Recordings::Recordings(std::string directory, WorkerPool& pool, std::shared_ptr<spdlog::logger> log,
                       RecordingLimits limits)
    : directory_(std::move(directory)),
      limits_(limits),
      queue_(std::make_shared<Queue>(std::move(log))),
      share_(pool, WorkerPool::Lane::loads) {}

RecordingPtr Recordings::begin(const std::string& session_id, unsigned number) const {
  std::string name = utc_now() + "_" + session_id;
  if (number > 1) name += "_" + std::to_string(number);
  return std::make_shared<RecordingFile>(directory_ + "/" + name + ".jsonl", session_id);
}

bool Recordings::write(const RecordingPtr& recording, std::string lines) {
  if (recording->ended) return false;
  const std::size_t bytes = lines.size();
  if (!queue_->enter(*recording, bytes, limits_)) {
    queue_->end(*recording, "the disk is too slow");
    return false;
  }
  auto job = [queue = queue_, recording, lines = std::move(lines)] {
    const std::string problem = recording->append(lines);
    if (!problem.empty()) queue->end(*recording, problem);
    queue->leave(*recording, lines.size());
  };
  if (submit(std::move(job))) return true;
  queue_->leave(*recording, bytes);
  queue_->end(*recording, "the server is too busy, or ends");
  return false;
}

/// Closing may block, too: it is done where the last lines are written.
void Recordings::close(RecordingPtr recording) {
  submit([recording = std::move(recording)]() mutable { recording.reset(); });
}

void Recordings::discard(RecordingPtr recording) {
  recording->unwanted = true;
  // A job that the pool does not take removes the file with its last owner, here.
  submit([recording = std::move(recording)] { recording->remove_if_unwanted(); });
}

bool Recordings::submit(WorkerPool::Job job) {
  {
    const std::lock_guard lock(queue_->mutex);
    ++queue_->jobs;
  }
  const auto done = [queue = queue_] {
    const std::lock_guard lock(queue->mutex);
    if (--queue->jobs == 0) queue->done.notify_all();
  };
  auto counted = [job = std::move(job), done] {
    job();
    done();
  };
  if (share_.submit(std::move(counted))) return true;
  done();
  return false;
}

bool Recordings::wait_until_written(std::chrono::milliseconds at_most) {
  std::unique_lock lock(queue_->mutex);
  return queue_->done.wait_for(lock, at_most, [this] { return queue_->jobs == 0; });
}

}  // namespace unmuted
