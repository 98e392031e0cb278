#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace unmuted::test {

/// What a ModelServer does with a request. Those that are not about streams also meet GET /v1/models.
enum class Behaviour {
  fine,
  refuse,         ///< does not listen
  unauthorized,   ///< 401
  busy,           ///< 429
  overloaded,     ///< 503
  loading,        ///< 503, as a server that is not ready yet
  error,          ///< 500
  html,           ///< 200 with a web page
  whole_json,     ///< 200 with the reply in one piece of JSON, as servers do that cannot stream
  no_models,      ///< 404 for the list of models
  half_chunk,     ///< closes in the middle of a chunk
  bad_json,       ///< a word, and an event that is not JSON
  error_event,    ///< an event that says what went wrong
  endless_line,   ///< a line without an end, until the client closes
  hang,           ///< reads the request and says nothing, until the client closes
  hang_later,     ///< says nothing more after the first word
  call_tool,      ///< calls the first tool offered, without arguments, before it answers
  unknown_tool,   ///< calls a tool that nobody offered
  bad_arguments,  ///< calls the first tool offered with arguments that are not JSON
  many_calls,     ///< 1,000 tool calls
  die,            ///< resets the connection after the first word
  slow_headers,   ///< waits at a gate in the middle of the headers
};

/// As on the command line: "half-chunk".
std::optional<Behaviour> behaviour_named(std::string_view name);
std::vector<std::string> behaviour_names();

/// One step of a reply: an event to send, or a gate to wait at.
struct ReplyStep {
  bool gate = false;
  std::string data;    ///< of the event, JSON
  bool stamp = false;  ///< instead of data: a word that tells when it was sent
};

using ReplyScript = std::vector<ReplyStep>;

ReplyStep text(const std::string& delta);
/// A piece of a tool call; id and name are left out when empty, as they are in all pieces but the first.
ReplyStep call(int index, const std::string& id, const std::string& name, const std::string& arguments);
ReplyStep finish(const std::string& reason = "stop");
/// Waits for ModelServer::release().
ReplyStep gate();
/// The word "@N ", where N is the steady clock's nanoseconds at the moment of sending. The white space behind
/// it ends the word: one that could still go on is kept back until it does.
ReplyStep stamp();

/// The bytes of a whole answer, for what no Behaviour does.
struct RawAnswer {
  std::string bytes;
  enum class Then { go_on, close, hang } then = Then::go_on;
};

/// An HTTP response; `headers` are whole lines, each with its line break.
RawAnswer http_answer(const std::string& status, const std::string& headers, const std::string& body);
/// The same in JSON, `{"error": {"message": message}}`.
RawAnswer http_failure(const std::string& status, const std::string& message);

struct ModelRequest {
  std::string target;
  std::string authorization;  ///< the header, may be empty
  std::string api_key;        ///< the header "api-key", may be empty
  nlohmann::json body;
};

struct ModelServerOptions {
  std::uint16_t port = 0;                      ///< 0: any free one
  bool tls = false;                            ///< with a certificate of its own making
  std::string certificate_host = "localhost";  ///< besides 127.0.0.1; when another, that address is left out
  std::vector<std::string> models = {"test-model"};
  std::string base = "/v1";                 ///< the path of its interface
  std::chrono::milliseconds word_pause{0};  ///< before each step of a reply
};

/// A server that speaks the HTTP interface of OpenAI on 127.0.0.1, on a thread of its own: models, streamed
/// replies, connections kept open; and that can be told to misbehave. Unless told what to reply it repeats
/// the last message. Every member may be called from any thread; what waits gives up after ten seconds and
/// says false.
class ModelServer {
 public:
  explicit ModelServer(ModelServerOptions options = {});
  ~ModelServer();
  ModelServer(const ModelServer&) = delete;
  ModelServer& operator=(const ModelServer&) = delete;

  [[nodiscard]] std::string url() const;               ///< "http://127.0.0.1:41234"
  [[nodiscard]] std::string certificate_file() const;  ///< PEM, for clients to trust; empty without TLS

  /// From the next request on, for `times` requests; then fine.
  void behave(Behaviour behaviour, int times = std::numeric_limits<int>::max());
  /// What to answer to the next request that has no script yet. Fine servers only.
  void reply(ReplyScript script);
  /// What to answer to the next request for a reply that has no answer yet; comes before every behaviour.
  void answer(RawAnswer answer);
  /// What to answer to every request for the list of models.
  void answer_models(RawAnswer answer);
  /// Lets a reply pass one gate, now or when it comes to it.
  void release();
  /// Closes every connection, as a server does that restarts or does not keep idle ones.
  void drop_connections();

  [[nodiscard]] std::vector<ModelRequest> requests() const;  ///< for replies, in order
  [[nodiscard]] std::size_t connections() const;             ///< that were ever accepted
  [[nodiscard]] std::size_t abandoned() const;               ///< see wait_for_abandoned
  bool wait_for_requests(std::size_t count);
  /// Waits until so many answers have been sent to their end.
  bool wait_for_answers(std::size_t count);
  /// Waits until so many connections have ended, by whichever side.
  bool wait_for_ends(std::size_t count);
  /// Waits until so many replies have been given up because the client closed its connection meanwhile.
  bool wait_for_abandoned(std::size_t count);

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unmuted::test
