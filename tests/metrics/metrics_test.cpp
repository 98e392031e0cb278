#include "metrics/metrics.hpp"

#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unmuted {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// The text format, as far as we write it: `name{labels} value` with labels as they stand, and `# TYPE`
/// lines.
struct Exposition {
  std::map<std::string, std::string> types;
  std::map<std::string, double> series;

  explicit Exposition(const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string first, second, name, type;
      if (line.starts_with("# TYPE ")) {
        words >> first >> second >> name >> type;
        EXPECT_TRUE(types.emplace(name, type).second) << "twice: " << name;
      } else if (!line.starts_with('#')) {
        const std::size_t space = line.rfind(' ');
        EXPECT_TRUE(series.emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second) << line;
      }
    }
  }

  [[nodiscard]] std::optional<double> value(const std::string& name) const {
    const auto it = series.find(name);
    return it == series.end() ? std::nullopt : std::optional(it->second);
  }

  [[nodiscard]] std::size_t count_of(const std::string& prefix) const {
    std::size_t count = 0;
    for (const auto& [name, ignored] : series) count += name.starts_with(prefix) ? 1U : 0U;
    return count;
  }

  /// The finite upper bounds of a histogram without labels.
  [[nodiscard]] std::set<double> buckets(const std::string& name) const {
    std::set<double> bounds;
    const std::string prefix = name + "_bucket{le=\"";
    for (const auto& [full, ignored] : series) {
      if (!full.starts_with(prefix)) continue;
      const std::string bound = full.substr(prefix.size(), full.find('"', prefix.size()) - prefix.size());
      if (bound != "+Inf") bounds.insert(std::stod(bound));
    }
    return bounds;
  }
};

Exposition read(const Metrics& metrics) {
  return Exposition(metrics.text());
}

TEST(Metrics, EveryFamilyHasItsNameAndType) {
  Metrics metrics;
  const SessionSeries series(metrics, "abc");
  metrics.count_dropped_connection(DroppedConnection::gave_way);
  metrics.count_load_error("SyntaxError");
  metrics.count_tool_call("Quiz show", "record_answer");
  metrics.count_tool_error(ToolError::timeout);
  metrics.observe_tool_latency("record_answer", 2ms);
  const std::map<std::string, std::string> expected{
      {"worker_sessions_total", "counter"},
      {"worker_active_sessions", "gauge"},
      {"worker_session_duration", "histogram"},
      {"worker_force_disconnects_total", "counter"},
      {"worker_hard_errors_total", "counter"},
      {"worker_dropped_connections_total", "counter"},
      {"worker_service_misses_total", "counter"},
      {"worker_hard_service_misses_total", "counter"},
      {"worker_fatal_service_misses_total", "counter"},
      {"worker_health_ok", "summary"},
      {"worker_vllm_sessions_total", "counter"},
      {"worker_vllm_active_sessions", "gauge"},
      {"worker_vllm_interrupt_total", "counter"},
      {"worker_vllm_hard_errors_total", "counter"},
      {"worker_vllm_ignored_chunks_total", "counter"},
      {"worker_vllm_dropped_calls_total", "counter"},
      {"worker_vllm_sent_words_total", "counter"},
      {"worker_vllm_recv_words_total", "counter"},
      {"worker_vllm_ttft", "histogram"},
      {"worker_vllm_request_length", "histogram"},
      {"worker_vllm_reply_length", "histogram"},
      {"worker_vllm_gen_duration", "histogram"},
      {"worker_tts_sessions_total", "counter"},
      {"worker_tts_active_sessions", "gauge"},
      {"worker_tts_misses_total", "counter"},
      {"worker_hard_tts_misses_total", "counter"},
      {"worker_tts_interrupt_total", "counter"},
      {"worker_tts_sent_frames_total", "counter"},
      {"worker_tts_recv_frames_total", "counter"},
      {"worker_tts_recv_words_total", "counter"},
      {"worker_tts_ttft", "histogram"},
      {"worker_tts_audio_duration", "histogram"},
      {"worker_tts_gen_duration", "histogram"},
      {"worker_stt_sessions_total", "counter"},
      {"worker_stt_active_sessions", "gauge"},
      {"worker_stt_misses_total", "counter"},
      {"worker_stt_hard_misses_total", "counter"},
      {"worker_stt_sent_frames_total", "counter"},
      {"worker_stt_recv_frames_total", "counter"},
      {"worker_stt_recv_words_total", "counter"},
      {"worker_stt_session_duration", "histogram"},
      {"worker_stt_audio_duration", "histogram"},
      {"worker_stt_num_words", "histogram"},
      {"worker_stt_ttft", "histogram"},
      {"turn_server_delay_seconds", "histogram"},
      {"barge_in_hold_seconds", "histogram"},
      {"worker_tts_ping_time", "histogram"},
      {"worker_tts_find_time", "histogram"},
      {"worker_stt_ping_time", "histogram"},
      {"worker_stt_find_time", "histogram"},
      {"worker_character_load_count_total", "counter"},
      {"worker_character_load_errors_total", "counter"},
      {"worker_character_load_duration", "histogram"},
      {"worker_characters_loaded", "gauge"},
      {"character_reload_duration_seconds", "histogram"},
      {"session_character_count", "gauge"},
      {"character_load_per_session_total", "counter"},
      {"character_script_instances", "gauge"},
      {"character_tool_calls_total", "counter"},
      {"character_tool_errors_total", "counter"},
      {"character_tool_latency_seconds", "histogram"},
  };
  EXPECT_EQ(read(metrics).types, expected);
}

TEST(Metrics, EachMemberIsItsOwnSeries) {
  Metrics metrics;
  metrics.sessions.Increment(1);
  metrics.active_sessions.Set(2);
  metrics.force_disconnects.Increment(3);
  metrics.hard_errors.Increment(4);
  metrics.service_misses.Increment(5);
  metrics.hard_service_misses.Increment(6);
  metrics.fatal_service_misses.Increment(7);
  metrics.characters_loaded_count.Increment(8);
  metrics.default_characters.Set(9);
  metrics.script_instances.Set(10);
  metrics.session_duration.Observe(11);
  metrics.character_load_duration.Observe(12);
  metrics.reload_duration.Observe(13);
  metrics.health_ok.Observe(1);
  metrics.health_ok.Observe(0);
  metrics.health_ok.Observe(1);
  metrics.vllm_sessions.Increment(14);
  metrics.vllm_active_sessions.Set(15);
  metrics.vllm_interrupts.Increment(16);
  metrics.vllm_hard_errors.Increment(17);
  metrics.vllm_sent_words.Increment(18);
  metrics.vllm_received_words.Increment(19);
  metrics.vllm_ttft.Observe(20);
  metrics.vllm_request_length.Observe(21);
  metrics.vllm_reply_length.Observe(22);
  metrics.vllm_gen_duration.Observe(23);
  metrics.tts_sessions.Increment(24);
  metrics.tts_active_sessions.Set(25);
  metrics.tts_misses.Increment(26);
  metrics.tts_hard_misses.Increment(27);
  metrics.tts_interrupts.Increment(28);
  metrics.tts_sent_frames.Increment(29);
  metrics.tts_received_frames.Increment(30);
  metrics.tts_received_words.Increment(31);
  metrics.tts_ttft.Observe(32);
  metrics.tts_audio_duration.Observe(33);
  metrics.tts_gen_duration.Observe(34);
  metrics.stt_sessions.Increment(35);
  metrics.stt_active_sessions.Set(36);
  metrics.stt_misses.Increment(37);
  metrics.stt_hard_misses.Increment(38);
  metrics.stt_sent_frames.Increment(39);
  metrics.stt_received_frames.Increment(40);
  metrics.stt_received_words.Increment(41);
  metrics.stt_session_duration.Observe(42);
  metrics.stt_audio_duration.Observe(43);
  metrics.stt_num_words.Observe(44);
  metrics.stt_ttft.Observe(45);
  metrics.turn_server_delay.Observe(46);
  metrics.barge_in_hold.Observe(47);
  const Exposition text = read(metrics);
  EXPECT_EQ(text.value("worker_sessions_total"), 1);
  EXPECT_EQ(text.value("worker_active_sessions"), 2);
  EXPECT_EQ(text.value("worker_force_disconnects_total"), 3);
  EXPECT_EQ(text.value("worker_hard_errors_total"), 4);
  EXPECT_EQ(text.value("worker_service_misses_total"), 5);
  EXPECT_EQ(text.value("worker_hard_service_misses_total"), 6);
  EXPECT_EQ(text.value("worker_fatal_service_misses_total"), 7);
  EXPECT_EQ(text.value("worker_character_load_count_total"), 8);
  EXPECT_EQ(text.value("worker_characters_loaded"), 9);
  EXPECT_EQ(text.value("character_script_instances"), 10);
  EXPECT_EQ(text.value("worker_session_duration_sum"), 11);
  EXPECT_EQ(text.value("worker_character_load_duration_sum"), 12);
  EXPECT_EQ(text.value("character_reload_duration_seconds_sum"), 13);
  EXPECT_EQ(text.value("worker_health_ok_count"), 3);
  EXPECT_EQ(text.value("worker_health_ok_sum"), 2);
  EXPECT_EQ(text.value("worker_vllm_sessions_total"), 14);
  EXPECT_EQ(text.value("worker_vllm_active_sessions"), 15);
  EXPECT_EQ(text.value("worker_vllm_interrupt_total"), 16);
  EXPECT_EQ(text.value("worker_vllm_hard_errors_total"), 17);
  EXPECT_EQ(text.value("worker_vllm_sent_words_total"), 18);
  EXPECT_EQ(text.value("worker_vllm_recv_words_total"), 19);
  EXPECT_EQ(text.value("worker_vllm_ttft_sum"), 20);
  EXPECT_EQ(text.value("worker_vllm_request_length_sum"), 21);
  EXPECT_EQ(text.value("worker_vllm_reply_length_sum"), 22);
  EXPECT_EQ(text.value("worker_vllm_gen_duration_sum"), 23);
  EXPECT_EQ(text.value("worker_tts_sessions_total"), 24);
  EXPECT_EQ(text.value("worker_tts_active_sessions"), 25);
  EXPECT_EQ(text.value("worker_tts_misses_total"), 26);
  EXPECT_EQ(text.value("worker_hard_tts_misses_total"), 27);
  EXPECT_EQ(text.value("worker_tts_interrupt_total"), 28);
  EXPECT_EQ(text.value("worker_tts_sent_frames_total"), 29);
  EXPECT_EQ(text.value("worker_tts_recv_frames_total"), 30);
  EXPECT_EQ(text.value("worker_tts_recv_words_total"), 31);
  EXPECT_EQ(text.value("worker_tts_ttft_sum"), 32);
  EXPECT_EQ(text.value("worker_tts_audio_duration_sum"), 33);
  EXPECT_EQ(text.value("worker_tts_gen_duration_sum"), 34);
  EXPECT_EQ(text.value("worker_stt_sessions_total"), 35);
  EXPECT_EQ(text.value("worker_stt_active_sessions"), 36);
  EXPECT_EQ(text.value("worker_stt_misses_total"), 37);
  EXPECT_EQ(text.value("worker_stt_hard_misses_total"), 38);
  EXPECT_EQ(text.value("worker_stt_sent_frames_total"), 39);
  EXPECT_EQ(text.value("worker_stt_recv_frames_total"), 40);
  EXPECT_EQ(text.value("worker_stt_recv_words_total"), 41);
  EXPECT_EQ(text.value("worker_stt_session_duration_sum"), 42);
  EXPECT_EQ(text.value("worker_stt_audio_duration_sum"), 43);
  EXPECT_EQ(text.value("worker_stt_num_words_sum"), 44);
  EXPECT_EQ(text.value("worker_stt_ttft_sum"), 45);
  EXPECT_EQ(text.value("turn_server_delay_seconds_sum"), 46);
  EXPECT_EQ(text.value("barge_in_hold_seconds_sum"), 47);
}

TEST(Metrics, Buckets) {
  Metrics metrics;
  const Exposition text = read(metrics);
  EXPECT_THAT(text.buckets("worker_session_duration"), ElementsAre(1, 10, 30, 60, 120, 240, 480, 960, 1920));
  EXPECT_THAT(text.buckets("worker_character_load_duration"),
              ElementsAre(0.0001, 0.0005, 0.001, 0.005, 0.01, 0.1, 0.5, 1, 2, 5, 10, 20));
  EXPECT_THAT(text.buckets("character_reload_duration_seconds"),
              ElementsAre(0.0001, 0.0005, 0.001, 0.005, 0.01, 0.1, 0.5, 1, 2, 5, 10));
  EXPECT_THAT(text.buckets("worker_vllm_ttft"),
              ElementsAre(0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1));
  EXPECT_THAT(text.buckets("worker_vllm_request_length"),
              ElementsAre(50, 100, 200, 500, 1000, 2000, 4000, 6000, 8000));
  EXPECT_THAT(text.buckets("worker_vllm_reply_length"), ElementsAre(5, 10, 25, 50, 100, 200));
  EXPECT_THAT(text.buckets("worker_vllm_gen_duration"), ElementsAre(0.1, 0.25, 0.5, 1, 2, 5, 10, 20));
  EXPECT_THAT(text.buckets("worker_tts_ttft"), ElementsAre(0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55));
  EXPECT_THAT(text.buckets("worker_tts_audio_duration"), ElementsAre(0.5, 1, 5, 10, 20, 40, 60));
  EXPECT_THAT(text.buckets("worker_tts_gen_duration"), ElementsAre(0.1, 0.25, 0.5, 1, 2, 5, 10, 20));
  for (const char* name :
       {"worker_tts_ping_time", "worker_tts_find_time", "worker_stt_ping_time", "worker_stt_find_time"}) {
    EXPECT_THAT(text.buckets(name), ElementsAre(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2)) << name;
  }
}

TEST(Metrics, LabelledCounters) {
  Metrics metrics;
  metrics.count_load_error("SyntaxError");
  metrics.count_load_error("SyntaxError");
  metrics.count_load_error("FileError");
  metrics.count_tool_error(ToolError::json_parse);
  metrics.count_tool_error(ToolError::validation);
  metrics.count_tool_error(ToolError::timeout);
  metrics.count_tool_error(ToolError::execution);
  metrics.count_tool_call("Quiz show", "record_answer");
  const Exposition text = read(metrics);
  EXPECT_EQ(text.value(R"(worker_character_load_errors_total{error_type="SyntaxError"})"), 2);
  EXPECT_EQ(text.value(R"(worker_character_load_errors_total{error_type="FileError"})"), 1);
  for (const char* type : {"json_parse", "validation", "timeout", "execution"}) {
    EXPECT_EQ(text.value(std::string(R"(character_tool_errors_total{error_type=")") + type + "\"}"), 1);
  }
  EXPECT_EQ(text.value(R"(character_tool_calls_total{character_name="Quiz show",tool_name="record_answer"})"),
            1);
}

TEST(Metrics, ToolLatencyInSeconds) {
  Metrics metrics;
  metrics.observe_tool_latency("t", 20ms);
  const Exposition text = read(metrics);
  EXPECT_EQ(text.value(R"(character_tool_latency_seconds_bucket{tool_name="t",le="0.01"})"), 0);
  EXPECT_EQ(text.value(R"(character_tool_latency_seconds_bucket{tool_name="t",le="0.025"})"), 1);
  EXPECT_EQ(text.count_of("character_tool_latency_seconds_bucket"), 8U);
}

TEST(Metrics, TooManyNamesCountAsOther) {
  Metrics metrics;
  for (int i = 0; i < 250; ++i) metrics.count_tool_call("C" + std::to_string(i), "t");
  metrics.count_tool_call("C0", "t");
  for (int i = 0; i < 250; ++i) metrics.observe_tool_latency("t" + std::to_string(i), 1ms);
  const Exposition text = read(metrics);
  EXPECT_EQ(text.count_of("character_tool_calls_total{"), BoundedLabel::max_values + 1);
  EXPECT_EQ(text.value(R"(character_tool_calls_total{character_name="other",tool_name="t"})"), 50);
  EXPECT_EQ(text.value(R"(character_tool_calls_total{character_name="C0",tool_name="t"})"), 2);
  // "t" came first, so 199 others have a place.
  EXPECT_EQ(text.value(R"(character_tool_latency_seconds_count{tool_name="other"})"), 51);
}

TEST(Metrics, NamesAreShortAndOnOneLine) {
  BoundedLabel label;
  EXPECT_EQ(label.bound("a\nb\xff"), "a\\nb\uFFFD");
  EXPECT_EQ(label.bound(std::string(10'000, 'x')).size(), BoundedLabel::max_bytes);
}

TEST(SessionSeries, LivesAsLongAsTheSession) {
  Metrics metrics;
  {
    SessionSeries a(metrics, "aaa");
    SessionSeries b(metrics, "bbb");
    a.set_character_count(3);
    a.add_loaded(3);
    a.set_character_count(2);
    a.add_loaded(2);
    const Exposition text = read(metrics);
    EXPECT_EQ(text.value(R"(session_character_count{session_id="aaa"})"), 2);
    EXPECT_EQ(text.value(R"(character_load_per_session_total{session_id="aaa"})"), 5);
    EXPECT_EQ(text.value(R"(session_character_count{session_id="bbb"})"), 0);
    EXPECT_EQ(text.value(R"(character_load_per_session_total{session_id="bbb"})"), 0);
  }
  EXPECT_THAT(metrics.text(), testing::Not(testing::HasSubstr("session_id")));
}

TEST(SessionSeries, NothingWhenSwitchedOff) {
  Metrics metrics(false);
  SessionSeries series(metrics, "aaa");
  series.set_character_count(3);
  series.add_loaded(3);
  EXPECT_THAT(metrics.text(), testing::Not(testing::HasSubstr("session_character_count")));
  EXPECT_THAT(metrics.text(), testing::Not(testing::HasSubstr("character_load_per_session")));
}

TEST(Metrics, TwoServersShareNothing) {
  Metrics a, b;
  a.sessions.Increment();
  EXPECT_EQ(read(b).value("worker_sessions_total"), 0);
}

TEST(Metrics, AnyThread) {
  Metrics metrics;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics, t] {
      for (int i = 0; i < 200; ++i) {
        SessionSeries series(metrics, std::to_string(t * 1000 + i));
        series.add_loaded(1);
        metrics.count_tool_call("C" + std::to_string(i), "t");
        metrics.sessions.Increment();
        if (i % 50 == 0) {
          EXPECT_FALSE(metrics.text().empty());
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(read(metrics).value("worker_sessions_total"), 800);
  EXPECT_EQ(read(metrics).count_of("session_character_count{"), 0U);
}

}  // namespace
}  // namespace unmuted
