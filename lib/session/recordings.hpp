#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "core/result.hpp"
#include "core/worker_pool.hpp"

namespace spdlog {
class logger;
}

namespace unmuted {

/// The file of one recording: made with its first lines, readable by nobody else.
class RecordingFile;
using RecordingPtr = std::shared_ptr<RecordingFile>;

struct RecordingLimits {
  std::size_t file = 128U << 20U;        ///< bytes of one recording
  std::size_t waiting = 1U << 20U;       ///< bytes of one that wait for the disk
  std::size_t all_waiting = 64U << 20U;  ///< of all
};

/// A directory of recordings, one file each. What touches a disk happens on the pool, one thing after the
/// other, so that a disk that hangs takes one thread; and what waits for it is bounded. Any thread.
class Recordings {
 public:
  /// `pool` outlives it. Error: invalid_configuration, where no files can be made in the directory.
  static Result<std::unique_ptr<Recordings>> in(std::string directory, WorkerPool& pool,
                                                std::shared_ptr<spdlog::logger> log,
                                                RecordingLimits limits = {});

  /// The `number`th recording of the session. Its name is the date, the session's id and the number.
  [[nodiscard]] RecordingPtr begin(const std::string& session_id, unsigned number) const;

  /// Appends lines. False when the recording has ended: its disk is full, or too slow, which the log says
  /// once.
  bool write(const RecordingPtr& recording, std::string lines);

  /// No more lines come.
  void close(RecordingPtr recording);
  /// Nothing of it is to be kept.
  void discard(RecordingPtr recording);

  /// Waits until the disk has taken all. False when that took longer than `at_most`.
  bool wait_until_written(std::chrono::milliseconds at_most);

  [[nodiscard]] const RecordingLimits& limits() const { return limits_; }

 private:
  struct Queue;

  Recordings(std::string directory, WorkerPool& pool, std::shared_ptr<spdlog::logger> log,
             RecordingLimits limits);

  bool submit(WorkerPool::Job job);

  const std::string directory_;
  const RecordingLimits limits_;
  const std::shared_ptr<Queue> queue_;
  WorkerPool::Share share_;
};

}  // namespace unmuted
