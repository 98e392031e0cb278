#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/behaviour.hpp"

namespace unmuted::test {

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
