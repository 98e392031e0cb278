#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/chat_completion.hpp"
#include "services/sse.hpp"

namespace unmuted {

/// Whether a response of that media type can be a reply. Servers name it so differently that only what is
/// certainly a page is none; the body tells.
bool may_be_reply(std::string_view content_type);

/// What is wrong with a response of that type and beginning, which is no reply.
std::string no_reply(std::string_view content_type, std::string_view body);

/// The body of a response as it arrives: server-sent events, or a whole answer in JSON where a server does
/// not stream. Without I/O.
class ReplyBody {
 public:
  static constexpr std::size_t max_whole = 8U << 20U;  ///< bytes of a whole answer

  /// As those of ChatCompletion.
  ReplyBody(std::string content_type, std::span<const Tool> offered, bool begins_in_thought,
            bool counts = false);

  /// Takes the next bytes. Error: service_unavailable, or invalid_events; the message is the cause alone.
  /// What came before stands.
  Result<void> feed(std::string_view bytes);
  /// The body has ended, or broken off. Error: service_unavailable, when the reply has not.
  Result<void> end();

  std::optional<ReplyEvent> take() { return completion_.take(); }
  [[nodiscard]] bool finished() const { return completion_.finished(); }
  [[nodiscard]] bool only_count_missing() const { return completion_.only_count_missing(); }
  [[nodiscard]] std::size_t ignored_chunks() const { return completion_.ignored_chunks(); }
  [[nodiscard]] std::size_t dropped_calls() const { return completion_.dropped_calls(); }
  [[nodiscard]] bool began_in_thought() const { return completion_.began_in_thought(); }

 private:
  enum class Form { unknown, events, whole };

  Result<void> find_form();
  Result<void> feed_events(std::string_view bytes);
  Result<void> take_events(const std::vector<SseEvent>& events);

  std::string content_type_;
  Form form_ = Form::unknown;
  std::string begin_;            ///< until the form is known; all of a whole answer
  std::size_t passed_over_ = 0;  ///< blanks before it
  SseParser parser_;
  ChatCompletion completion_;
};

}  // namespace unmuted
