#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "events/dialect.hpp"
#include "session/recordings.hpp"

namespace unmuted {

/// What the user of a session allows to be recorded of it, and the recording: one line an event, as it was
/// sent, but for the user's sound. It begins with the event that allows it, and what came before is not in
/// it. When the user takes the permission back, the file goes. Never waits. On the session's thread.
class Recorder {
 public:
  /// `recordings` outlives it; null: permission is noted, and nothing recorded.
  Recorder(Recordings* recordings, std::shared_ptr<events::Dialect> dialect, std::string session_id);
  /// As end().
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  /// What the user said last; not, unless they said so.
  [[nodiscard]] bool allowed() const { return allowed_; }

  /// Notes what the request says about recording, if anything. It holds at once, whatever comes of the rest.
  void heed(const events::Request& request);

  /// The client's frame, which is this request.
  void client_said(std::string_view frame, const events::Request& request);
  /// So many samples of sound, at 24 kHz, have come from the client. They are only counted.
  void client_sounded(std::size_t samples);
  /// A frame for the client.
  void told(std::string_view frame);

  /// The session has ended, and its recording with it.
  void end();

 private:
  void begin();
  void take_back();
  void record(std::string_view sender, std::string_view frame);
  void fill_up();
  void append(std::string_view sender, std::string_view frame);
  void pass_on();

  Recordings* const recordings_;
  const std::shared_ptr<events::Dialect> dialect_;
  const std::string session_id_;
  bool allowed_ = false;
  RecordingPtr file_;         ///< the one that goes when permission is taken back; may be complete
  bool recording_ = false;    ///< more lines are wanted
  unsigned number_ = 0;       ///< of the session's recordings
  std::size_t bytes_ = 0;     ///< of this one
  std::string lines_;         ///< that were not passed on
  TimePoint passed_on_at_{};  ///< the last ones
};

}  // namespace unmuted
