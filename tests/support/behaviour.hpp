#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace unmuted::test {

/// What a test server does with a request. Those that are not about bodies also meet GET /v1/models.
enum class Behaviour {
  fine,
  refuse,        ///< does not listen
  unauthorized,  ///< 401
  busy,          ///< 429
  overloaded,    ///< 503
  loading,       ///< 503, as a server that is not ready yet
  error,         ///< 500
  html,          ///< 200 with a web page
  whole_json,    ///< 200 with the answer in one piece of JSON, as servers do that cannot stream
  no_models,     ///< 404 for the list of models
  half_chunk,    ///< closes in the middle of a chunk
  bad_json,      ///< a word, and an event that is not JSON
  error_event,   ///< an event that says what went wrong
  endless_line,  ///< a line without an end, until the client closes
  hang,          ///< reads the request and says nothing, until the client closes
  hang_later,    ///< says nothing more after the first word
  die,           ///< resets the connection after the first word
  slow_headers,  ///< waits at a gate in the middle of the headers
  // Of a ModelServer alone.
  call_tool,      ///< calls the first tool offered, without arguments, before it answers
  unknown_tool,   ///< calls a tool that nobody offered
  bad_arguments,  ///< calls the first tool offered with arguments that are not JSON
  many_calls,     ///< 1,000 tool calls
  // Of a SpeechServer alone.
  silent,  ///< 200 with a body of no bytes
  wav,     ///< sound in a WAV file, whose rate is another
  mp3,     ///< sound that nobody asked for so
  odd,     ///< sound in pieces of an odd number of bytes
};

/// As on the command line: "half-chunk".
std::optional<Behaviour> behaviour_named(std::string_view name);
std::vector<std::string> behaviour_names();

/// The bytes of a whole answer, for what no Behaviour does.
struct RawAnswer {
  std::string bytes;
  enum class Then { go_on, close, hang } then = Then::go_on;
};

/// An HTTP response; `headers` are whole lines, each with its line break.
RawAnswer http_answer(const std::string& status, const std::string& headers, const std::string& body);
/// The same in JSON, `{"error": {"message": message}}`.
RawAnswer http_failure(const std::string& status, const std::string& message);

}  // namespace unmuted::test
