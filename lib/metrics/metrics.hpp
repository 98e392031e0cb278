#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>

#include "core/clock.hpp"

namespace unmuted {

/// Keeps the values of a label that strangers may choose to a number that we chose. Any thread.
class BoundedLabel {
 public:
  static constexpr std::size_t max_values = 200;
  static constexpr std::size_t max_bytes = 120;  ///< of one value

  /// `value` in printable form and shortened, or "other" once there are max_values different ones.
  std::string bound(std::string_view value);

 private:
  std::mutex mutex_;
  std::unordered_set<std::string> known_;
};

enum class ToolError { json_parse, validation, timeout, execution };

/// Why a connection that was no session was closed without a word.
enum class DroppedConnection { gave_way, too_many, too_many_of_address };
const char* label_of(DroppedConnection why);

/// Every metric of one server; docs/metrics.md is the list for operators. Durations are in seconds. Counters
/// end in `_total` in the output and not here. All members may be used from any thread.
class Metrics {
 private:
  prometheus::Registry registry_;  // first: the members below belong to it

 public:
  /// `session_series`: whether SessionSeries has an effect.
  explicit Metrics(bool session_series = true);
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // Sessions.
  prometheus::Counter& sessions;             ///< worker_sessions
  prometheus::Gauge& active_sessions;        ///< worker_active_sessions
  prometheus::Histogram& session_duration;   ///< worker_session_duration
  prometheus::Counter& force_disconnects;    ///< worker_force_disconnects: closed by us before the client did
  prometheus::Counter& hard_errors;          ///< worker_hard_errors: sessions that ended by a fault of ours
  prometheus::Counter& service_misses;       ///< worker_service_misses: a service had no place, we try again
  prometheus::Counter& hard_service_misses;  ///< worker_hard_service_misses: a service could not be reached
  prometheus::Counter& fatal_service_misses;  ///< worker_fatal_service_misses: the session ended for it
  prometheus::Summary& health_ok;  ///< worker_health_ok: 1 or 0 for each answer of the health route

  // Characters.
  prometheus::Counter& characters_loaded_count;    ///< worker_character_load_count: characters, by any load
  prometheus::Histogram& character_load_duration;  ///< worker_character_load_duration: one directory
  prometheus::Gauge& default_characters;           ///< worker_characters_loaded: of the server default
  prometheus::Histogram& reload_duration;  ///< character_reload_duration_seconds: a reload in a session
  prometheus::Gauge& script_instances;     ///< character_script_instances: alive in sessions

  // The language model. A session of it is one reply.
  prometheus::Counter& vllm_sessions;          ///< worker_vllm_sessions
  prometheus::Gauge& vllm_active_sessions;     ///< worker_vllm_active_sessions
  prometheus::Counter& vllm_interrupts;        ///< worker_vllm_interrupt: we ended it before the model did
  prometheus::Counter& vllm_hard_errors;       ///< worker_vllm_hard_errors: replies that failed
  prometheus::Counter& vllm_ignored_chunks;    ///< worker_vllm_ignored_chunks: parts that were not understood
  prometheus::Counter& vllm_dropped_calls;     ///< worker_vllm_dropped_calls: tool calls that nobody can run
  prometheus::Counter& vllm_sent_words;        ///< worker_vllm_sent_words: of the requests' messages
  prometheus::Counter& vllm_received_words;    ///< worker_vllm_recv_words: of the replies
  prometheus::Histogram& vllm_ttft;            ///< worker_vllm_ttft: to the first text or tool call
  prometheus::Histogram& vllm_request_length;  ///< worker_vllm_request_length: words
  prometheus::Histogram& vllm_reply_length;    ///< worker_vllm_reply_length: words, also of a reply cut short
  prometheus::Histogram& vllm_gen_duration;    ///< worker_vllm_gen_duration: to the end of the reply

  // Speech out. A session of it is one reply, or what is spoken of it by one stream.
  prometheus::Counter& tts_sessions;          ///< worker_tts_sessions
  prometheus::Gauge& tts_active_sessions;     ///< worker_tts_active_sessions
  prometheus::Counter& tts_misses;            ///< worker_tts_misses: had no place
  prometheus::Counter& tts_hard_misses;       ///< worker_hard_tts_misses: failed for another reason
  prometheus::Counter& tts_interrupts;        ///< worker_tts_interrupt: we ended it before all was spoken
  prometheus::Counter& tts_sent_frames;       ///< worker_tts_sent_frames: words that it was given
  prometheus::Counter& tts_received_frames;   ///< worker_tts_recv_frames: pieces of sound, of any length
  prometheus::Counter& tts_received_words;    ///< worker_tts_recv_words: words that began in them
  prometheus::Histogram& tts_ttft;            ///< worker_tts_ttft: from the first word to the first sound
  prometheus::Histogram& tts_audio_duration;  ///< worker_tts_audio_duration: of the sound
  prometheus::Histogram& tts_gen_duration;    ///< worker_tts_gen_duration: from the first word to the end

  // Speech in. A session of it is one stream: of a conversation, or from one failure to the next.
  prometheus::Counter& stt_sessions;            ///< worker_stt_sessions
  prometheus::Gauge& stt_active_sessions;       ///< worker_stt_active_sessions
  prometheus::Counter& stt_misses;              ///< worker_stt_misses: had no place
  prometheus::Counter& stt_hard_misses;         ///< worker_stt_hard_misses: failed for another reason
  prometheus::Counter& stt_sent_frames;         ///< worker_stt_sent_frames: pieces of sound, of any length
  prometheus::Counter& stt_received_frames;     ///< worker_stt_recv_frames: answers, of any kind
  prometheus::Counter& stt_received_words;      ///< worker_stt_recv_words
  prometheus::Histogram& stt_session_duration;  ///< worker_stt_session_duration
  prometheus::Histogram& stt_audio_duration;    ///< worker_stt_audio_duration: of the sound that it was given
  prometheus::Histogram& stt_num_words;         ///< worker_stt_num_words
  prometheus::Histogram& stt_ttft;              ///< worker_stt_ttft: from the first sound to the first answer

  // What is ours of a spoken turn.
  prometheus::Histogram& turn_server_delay;  ///< turn_server_delay_seconds: from speech-out's first sound of
                                             ///< a reply to the frame with it, handed to the network
  prometheus::Histogram& barge_in_hold;  ///< barge_in_hold_seconds: from the sound that holds a reply to the
                                         ///< last frame with any of it
  // Places at remote services of speech.
  prometheus::Histogram& tts_ping_time;  ///< worker_tts_ping_time: until one address gave a place or said no
  prometheus::Histogram&
      tts_find_time;  ///< worker_tts_find_time: until a place was found, all tries together
  prometheus::Histogram& stt_ping_time;  ///< worker_stt_ping_time
  prometheus::Histogram& stt_find_time;  ///< worker_stt_find_time

  /// worker_dropped_connections.
  void count_dropped_connection(DroppedConnection why);

  /// worker_character_load_errors: a candidate failed. `error_type` is from metric_error_type().
  void count_load_error(std::string_view error_type);

  /// character_tool_calls.
  void count_tool_call(std::string_view character_name, std::string_view tool_name);
  /// character_tool_errors.
  void count_tool_error(ToolError error);
  /// character_tool_latency_seconds.
  void observe_tool_latency(std::string_view tool_name, Duration latency);

  /// All of it in the Prometheus text format. Takes milliseconds when there are many sessions: for the pool.
  [[nodiscard]] std::string text() const;

 private:
  friend class SessionSeries;
  struct SessionValues {
    std::atomic<std::int64_t> characters{0};
    std::atomic<std::int64_t> loaded{0};
  };
  [[nodiscard]] prometheus::MetricFamily session_family(
      const char* name, const char* help, prometheus::MetricType type,
      std::atomic<std::int64_t> SessionValues::*value) const;

  prometheus::Family<prometheus::Counter>& dropped_connections_;
  prometheus::Family<prometheus::Counter>& load_errors_;
  prometheus::Family<prometheus::Counter>& tool_calls_;
  prometheus::Family<prometheus::Counter>& tool_errors_;
  prometheus::Family<prometheus::Histogram>& tool_latency_;
  BoundedLabel character_names_;
  BoundedLabel tool_names_;

  // Not families of the registry: those find what they remove by looking at every series they have.
  // In parts with a lock each, so that a session which begins does not wait for a scrape of ten thousand.
  struct SessionPart {
    mutable std::mutex mutex;
    std::unordered_map<std::string, SessionValues> values;
  };
  SessionPart& session_part(const std::string& session_id);

  const bool session_series_;
  std::array<SessionPart, 64> session_parts_;
};

/// The series of one session, from its beginning to its end. Nothing happens when the server keeps none.
class SessionSeries {
 public:
  /// `metrics` lives longer. `session_id` is unique among the living sessions.
  SessionSeries(Metrics& metrics, std::string session_id);
  ~SessionSeries();
  SessionSeries(const SessionSeries&) = delete;
  SessionSeries& operator=(const SessionSeries&) = delete;

  /// session_character_count: what the session holds now.
  void set_character_count(std::size_t count);
  /// character_load_per_session: what a successful load of the session brought.
  void add_loaded(std::size_t count);

 private:
  Metrics& metrics_;
  std::string session_id_;
  Metrics::SessionValues* values_ = nullptr;  // null when the server keeps none
};

}  // namespace unmuted
