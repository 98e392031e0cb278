#include "metrics/metrics.hpp"

#include <functional>
#include <utility>
#include <vector>

#include <prometheus/text_serializer.h>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;
using prometheus::Labels;

const Buckets session_seconds{1, 10, 30, 60, 120, 240, 480, 960, 1920};
const Buckets load_seconds{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.1, 0.5, 1, 2, 5, 10, 20};
const Buckets reload_seconds{0.0001, 0.0005, 0.001, 0.005, 0.01, 0.1, 0.5, 1, 2, 5, 10};
const Buckets tool_seconds{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25};
const Buckets model_first_seconds{0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1};
const Buckets generation_seconds{0.1, 0.25, 0.5, 1, 2, 5, 10, 20};
const Buckets speech_first_seconds{0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55};
const Buckets speech_seconds{0.5, 1, 5, 10, 20, 40, 60};
const Buckets hearing_first_seconds{0.01, 0.015, 0.025, 0.05, 0.075, 0.1};
const Buckets heard_words{0, 50, 100, 200, 500, 1000, 2000, 4000};
const Buckets turn_seconds{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5};
const Buckets place_seconds{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2};
const Buckets request_words{50, 100, 200, 500, 1000, 2000, 4000, 6000, 8000};
const Buckets reply_words{5, 10, 25, 50, 100, 200};

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const std::string& name,
                                                  const std::string& help) {
  return prometheus::BuildCounter().Name(name + "_total").Help(help).Register(registry);
}

prometheus::Counter& counter(prometheus::Registry& registry, const std::string& name,
                             const std::string& help) {
  return counters(registry, name, help).Add({});
}

prometheus::Gauge& gauge(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Family<prometheus::Histogram>& histograms(prometheus::Registry& registry, const std::string& name,
                                                      const std::string& help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

prometheus::Histogram& histogram(prometheus::Registry& registry, const std::string& name,
                                 const std::string& help, const Buckets& buckets) {
  return histograms(registry, name, help).Add({}, buckets);
}

const char* label_of(ToolError error) {
  switch (error) {
    case ToolError::json_parse:
      return "json_parse";
    case ToolError::validation:
      return "validation";
    case ToolError::timeout:
      return "timeout";
    case ToolError::execution:
      return "execution";
  }
  return "execution";
}

}  // namespace

const char* label_of(DroppedConnection why) {
  switch (why) {
    case DroppedConnection::gave_way:
      return "gave_way";
    case DroppedConnection::too_many:
      return "too_many";
    case DroppedConnection::too_many_of_address:
      return "too_many_of_address";
  }
  return "too_many";
}

std::string BoundedLabel::bound(std::string_view value) {
  std::string label = shorten(printable(value), max_bytes);
  const std::lock_guard lock(mutex_);
  if (known_.contains(label)) return label;
  if (known_.size() == max_values) return "other";
  known_.insert(label);
  return label;
}

Metrics::Metrics(bool session_series)
    : sessions(counter(registry_, "worker_sessions", "Sessions since the start.")),
      active_sessions(gauge(registry_, "worker_active_sessions", "Sessions that are open.")),
      session_duration(
          histogram(registry_, "worker_session_duration", "Seconds from connect to close.", session_seconds)),
      force_disconnects(counter(registry_, "worker_force_disconnects", "Sessions that the server closed.")),
      hard_errors(counter(registry_, "worker_hard_errors", "Sessions that ended by an internal error.")),
      service_misses(
          counter(registry_, "worker_service_misses", "Services found at capacity, to be tried again.")),
      hard_service_misses(
          counter(registry_, "worker_hard_service_misses", "Services that could not be reached.")),
      fatal_service_misses(
          counter(registry_, "worker_fatal_service_misses", "Sessions ended for want of a service.")),
      health_ok(prometheus::BuildSummary()
                    .Name("worker_health_ok")
                    .Help("Answers of the health route, 1 for ok.")
                    .Register(registry_)
                    .Add({}, prometheus::Summary::Quantiles{})),
      characters_loaded_count(counter(registry_, "worker_character_load_count", "Characters loaded.")),
      character_load_duration(histogram(registry_, "worker_character_load_duration",
                                        "Seconds to load one directory.", load_seconds)),
      default_characters(
          gauge(registry_, "worker_characters_loaded", "Characters of the server's default cast.")),
      reload_duration(histogram(registry_, "character_reload_duration_seconds",
                                "Seconds that a reload took in a session.", reload_seconds)),
      script_instances(gauge(registry_, "character_script_instances", "Live script states of sessions.")),
      vllm_sessions(counter(registry_, "worker_vllm_sessions", "Replies asked of the language model.")),
      vllm_active_sessions(gauge(registry_, "worker_vllm_active_sessions", "Replies under way.")),
      vllm_interrupts(counter(registry_, "worker_vllm_interrupt", "Replies that the server cut short.")),
      vllm_hard_errors(counter(registry_, "worker_vllm_hard_errors", "Replies that failed.")),
      vllm_ignored_chunks(
          counter(registry_, "worker_vllm_ignored_chunks", "Parts of replies that were not understood.")),
      vllm_dropped_calls(counter(registry_, "worker_vllm_dropped_calls",
                                 "Tool calls without a name, or written as text and not readable.")),
      vllm_sent_words(counter(registry_, "worker_vllm_sent_words", "Words sent to the language model.")),
      vllm_received_words(counter(registry_, "worker_vllm_recv_words", "Words of its replies.")),
      vllm_ttft(histogram(registry_, "worker_vllm_ttft", "Seconds to the first part of a reply.",
                          model_first_seconds)),
      vllm_request_length(
          histogram(registry_, "worker_vllm_request_length", "Words of a request.", request_words)),
      vllm_reply_length(histogram(registry_, "worker_vllm_reply_length", "Words of a reply.", reply_words)),
      vllm_gen_duration(histogram(registry_, "worker_vllm_gen_duration", "Seconds to the end of a reply.",
                                  generation_seconds)),
      tts_sessions(counter(registry_, "worker_tts_sessions", "Replies begun to be spoken.")),
      tts_active_sessions(gauge(registry_, "worker_tts_active_sessions", "Replies that are being spoken.")),
      tts_misses(counter(registry_, "worker_tts_misses", "Replies for which speech-out had no place.")),
      tts_hard_misses(counter(registry_, "worker_hard_tts_misses", "Replies that speech-out failed.")),
      tts_interrupts(
          counter(registry_, "worker_tts_interrupt", "Replies whose speech the server cut short.")),
      tts_sent_frames(counter(registry_, "worker_tts_sent_frames", "Words given to speech-out.")),
      tts_received_frames(counter(registry_, "worker_tts_recv_frames", "Pieces of sound that came of it.")),
      tts_received_words(counter(registry_, "worker_tts_recv_words", "Words that began in them.")),
      tts_ttft(histogram(registry_, "worker_tts_ttft", "Seconds from the first word to the first sound.",
                         speech_first_seconds)),
      tts_audio_duration(
          histogram(registry_, "worker_tts_audio_duration", "Seconds of sound of a reply.", speech_seconds)),
      tts_gen_duration(histogram(registry_, "worker_tts_gen_duration",
                                 "Seconds from the first word to the last sound.", generation_seconds)),
      stt_sessions(counter(registry_, "worker_stt_sessions", "Streams begun to be listened to.")),
      stt_active_sessions(gauge(registry_, "worker_stt_active_sessions", "Streams that are listened to.")),
      stt_misses(counter(registry_, "worker_stt_misses", "Streams for which speech-in had no place.")),
      stt_hard_misses(counter(registry_, "worker_stt_hard_misses", "Streams that speech-in failed.")),
      stt_sent_frames(counter(registry_, "worker_stt_sent_frames", "Pieces of sound given to speech-in.")),
      stt_received_frames(counter(registry_, "worker_stt_recv_frames", "Answers of speech-in.")),
      stt_received_words(counter(registry_, "worker_stt_recv_words", "Words that it heard.")),
      stt_session_duration(histogram(registry_, "worker_stt_session_duration",
                                     "Seconds that a stream was listened to.", session_seconds)),
      stt_audio_duration(histogram(registry_, "worker_stt_audio_duration", "Seconds of sound of a stream.",
                                   session_seconds)),
      stt_num_words(histogram(registry_, "worker_stt_num_words", "Words of a stream.", heard_words)),
      stt_ttft(histogram(registry_, "worker_stt_ttft", "Seconds from the first sound to the first answer.",
                         hearing_first_seconds)),
      turn_server_delay(histogram(registry_, "turn_server_delay_seconds",
                                  "Seconds from a reply's first sound to its frame.", turn_seconds)),
      barge_in_hold(histogram(registry_, "barge_in_hold_seconds", "Seconds from the user's voice to silence.",
                              turn_seconds)),
      tts_ping_time(histogram(registry_, "worker_tts_ping_time",
                              "Seconds until an address of speech-out gave a place or said no.",
                              place_seconds)),
      tts_find_time(histogram(registry_, "worker_tts_find_time", "Seconds until speech-out had a place.",
                              place_seconds)),
      stt_ping_time(histogram(registry_, "worker_stt_ping_time",
                              "Seconds until an address of speech-in gave a place or said no.",
                              place_seconds)),
      stt_find_time(histogram(registry_, "worker_stt_find_time", "Seconds until speech-in had a place.",
                              place_seconds)),
      dropped_connections_(counters(registry_, "worker_dropped_connections",
                                    "Connections without a session that were closed for want of room.")),
      load_errors_(counters(registry_, "worker_character_load_errors", "Candidates that failed to load.")),
      tool_calls_(counters(registry_, "character_tool_calls", "Calls of characters' tools.")),
      tool_errors_(counters(registry_, "character_tool_errors", "Calls of tools that failed.")),
      tool_latency_(histograms(registry_, "character_tool_latency_seconds", "Seconds that a tool ran.")),
      session_series_(session_series) {}

void Metrics::count_dropped_connection(DroppedConnection why) {
  dropped_connections_.Add({{"reason", label_of(why)}}).Increment();
}

void Metrics::count_load_error(std::string_view error_type) {
  load_errors_.Add({{"error_type", std::string(error_type)}}).Increment();
}

void Metrics::count_tool_call(std::string_view character_name, std::string_view tool_name) {
  const Labels labels{{"character_name", character_names_.bound(character_name)},
                      {"tool_name", tool_names_.bound(tool_name)}};
  tool_calls_.Add(labels).Increment();
}

void Metrics::count_tool_error(ToolError error) {
  tool_errors_.Add({{"error_type", label_of(error)}}).Increment();
}

void Metrics::observe_tool_latency(std::string_view tool_name, Duration latency) {
  tool_latency_.Add({{"tool_name", tool_names_.bound(tool_name)}}, tool_seconds).Observe(to_seconds(latency));
}

Metrics::SessionPart& Metrics::session_part(const std::string& session_id) {
  return session_parts_[std::hash<std::string>{}(session_id) % session_parts_.size()];
}

prometheus::MetricFamily Metrics::session_family(const char* name, const char* help,
                                                 prometheus::MetricType type,
                                                 std::atomic<std::int64_t> SessionValues::*value) const {
  prometheus::MetricFamily family{.name = name, .help = help, .type = type, .metric = {}};
  for (const SessionPart& part : session_parts_) {
    const std::lock_guard lock(part.mutex);
    for (const auto& [session_id, values] : part.values) {
      prometheus::ClientMetric metric;
      metric.label = {{.name = "session_id", .value = session_id}};
      const auto number = static_cast<double>((values.*value).load(std::memory_order_relaxed));
      metric.gauge.value = number;  // the serialiser reads the one of the family's type
      metric.counter.value = number;
      family.metric.push_back(std::move(metric));
    }
  }
  return family;
}

std::string Metrics::text() const {
  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  if (session_series_) {
    families.push_back(session_family("session_character_count", "Characters that a session holds.",
                                      prometheus::MetricType::Gauge, &SessionValues::characters));
    families.push_back(session_family("character_load_per_session_total",
                                      "Characters that a session has loaded.",
                                      prometheus::MetricType::Counter, &SessionValues::loaded));
  }
  return prometheus::TextSerializer().Serialize(families);
}

SessionSeries::SessionSeries(Metrics& metrics, std::string session_id)
    : metrics_(metrics), session_id_(std::move(session_id)) {
  if (!metrics_.session_series_) return;
  Metrics::SessionPart& part = metrics_.session_part(session_id_);
  const std::lock_guard lock(part.mutex);
  values_ = &part.values[session_id_];  // a node of the map: it stays where it is
}

SessionSeries::~SessionSeries() {
  if (values_ == nullptr) return;
  Metrics::SessionPart& part = metrics_.session_part(session_id_);
  const std::lock_guard lock(part.mutex);
  part.values.erase(session_id_);
}

void SessionSeries::set_character_count(std::size_t count) {
  if (values_ == nullptr) return;
  values_->characters.store(static_cast<std::int64_t>(count), std::memory_order_relaxed);
}

void SessionSeries::add_loaded(std::size_t count) {
  if (values_ == nullptr) return;
  values_->loaded.fetch_add(static_cast<std::int64_t>(count), std::memory_order_relaxed);
}

}  // namespace unmuted
