#pragma once

#include <cctype>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "conversation/chat_message.hpp"
#include "core/clock.hpp"
#include "metrics/metrics.hpp"

namespace unmuted {

/// Counts words in a text that comes in pieces.
class WordCount {
 public:
  /// The number of words that begin in `text`.
  std::size_t add(std::string_view text) {
    std::size_t words = 0;
    for (const char c : text) {
      const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
      if (!space && after_space_) ++words;
      after_space_ = space;
    }
    return words;
  }

 private:
  bool after_space_ = true;
};

/// What one reply adds to the metrics, from its request to its end. `metrics` lives longer.
class ReplyMeasure {
 public:
  ReplyMeasure(Metrics& metrics, const std::vector<ChatMessage>& messages) : metrics_(metrics) {
    std::size_t sent = 0;
    for (const ChatMessage& message : messages) sent += WordCount().add(message.content);
    metrics_.vllm_sessions.Increment();
    metrics_.vllm_active_sessions.Increment();
    metrics_.vllm_sent_words.Increment(static_cast<double>(sent));
    metrics_.vllm_request_length.Observe(static_cast<double>(sent));
  }
  ReplyMeasure(const ReplyMeasure&) = delete;
  ReplyMeasure& operator=(const ReplyMeasure&) = delete;

  ~ReplyMeasure() {
    metrics_.vllm_active_sessions.Decrement();
    metrics_.vllm_reply_length.Observe(static_cast<double>(received_));
    metrics_.vllm_gen_duration.Observe(to_seconds(Clock::now() - start_));
  }

  void received(std::string_view text) {
    if (!std::exchange(begun_, true)) metrics_.vllm_ttft.Observe(to_seconds(Clock::now() - start_));
    const std::size_t words = words_.add(text);
    received_ += words;
    metrics_.vllm_received_words.Increment(static_cast<double>(words));
  }

 private:
  Metrics& metrics_;
  const TimePoint start_ = Clock::now();
  bool begun_ = false;
  WordCount words_;
  std::size_t received_ = 0;
};

}  // namespace unmuted
