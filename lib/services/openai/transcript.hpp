#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/result.hpp"
#include "services/openai/transcript_words.hpp"
#include "services/speech_to_text.hpp"
#include "services/sse.hpp"

namespace unmuted::openai {

/// The body of a response with a transcript as it arrives: a whole answer in JSON, or as text, or server-sent
/// events as OpenAI, vLLM and speaches write them. Without I/O.
class Transcript {
 public:
  static constexpr std::size_t max_text = 64U << 10U;  ///< bytes of the transcript
  static constexpr std::size_t max_whole = 1U << 20U;  ///< bytes of a whole answer

  /// Where what was recognised is in the sound: seconds.
  Transcript(std::string content_type, double begin, double length);

  /// Takes the next bytes. Error: service_unavailable, or invalid_events; the message is the cause alone.
  /// The words before it stand.
  Result<void> feed(std::string_view bytes);
  /// The body has ended in order.
  Result<void> end();

  std::optional<WordHeard> take() { return words_.take(); }
  /// Whether nothing more is expected, though the body may go on.
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  enum class Form { unknown, events, whole };

  void find_form();
  Result<void> take_events(const std::vector<SseEvent>& events);
  Result<void> take_event(const SseEvent& event);
  Result<void> add_text(std::string_view text);
  Result<void> finish_with(const std::string& text);
  Result<void> read_whole();
  bool add_timed_words(const nlohmann::json& answer);

  std::string content_type_;
  double begin_;
  Form form_ = Form::unknown;
  std::string whole_;  ///< until the form is known; all of a whole answer
  SseParser parser_;
  bool understood_ = false;  ///< something of the events
  std::string text_;         ///< of the events so far
  TranscriptWords words_;
  bool finished_ = false;
};

}  // namespace unmuted::openai
