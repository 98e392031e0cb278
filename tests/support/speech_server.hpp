#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/behaviour.hpp"

namespace unmuted::test {

/// How a SpeechServer speaks a word: a tone of 0.05 seconds for each of its letters and the pause behind it,
/// whose pitch depends on the letters. Without white space.
std::vector<std::int16_t> tone_of(std::string_view word, int rate = 24'000);

struct SpeechRequest {
  std::string target;
  std::string authorization;                  ///< the header, may be empty
  nlohmann::json body;                        ///< for speech
  std::map<std::string, std::string> fields;  ///< of the form for a transcript
  std::string file;                           ///< of the same
};

struct SpeechServerOptions {
  std::uint16_t port = 0;  ///< 0: any free one
  bool tls = false;        ///< with a certificate of its own making
  std::vector<std::string> models = {"tts-1", "whisper-1"};
  std::string base = "/v1";                 ///< the path of its interface
  std::chrono::milliseconds word_pause{0};  ///< before each word of an answer
  std::string transcript = "hello there";   ///< of what nobody said how to transcribe
};

/// A server that speaks the HTTP interface of OpenAI for speech on 127.0.0.1, on a thread of its own, and can
/// be told to misbehave: it speaks each word as a tone, and hears what it was told to hear. Every member may
/// be called from any thread; what waits gives up after ten seconds and says false.
class SpeechServer {
 public:
  explicit SpeechServer(SpeechServerOptions options = {});
  ~SpeechServer();
  SpeechServer(const SpeechServer&) = delete;
  SpeechServer& operator=(const SpeechServer&) = delete;

  [[nodiscard]] std::string url() const;               ///< "http://127.0.0.1:41234"
  [[nodiscard]] std::string certificate_file() const;  ///< PEM, for clients to trust; empty without TLS

  /// From the next request on, for `times` requests; then fine.
  void behave(Behaviour behaviour, int times = std::numeric_limits<int>::max());
  /// What to hear in the next request for a transcript that has none yet. Fine servers only.
  void transcribe(std::string text);
  /// Requests with that parameter are answered 400 from now on.
  void refuse_parameter(std::string name);
  /// What to answer to the next request that has no answer yet; comes before every behaviour.
  void answer(RawAnswer answer);
  /// From now on each word of an answer, but the first, waits at a gate.
  void gate_words();
  /// Lets an answer pass one gate, now or when it comes to it.
  void release();
  /// Closes every connection.
  void drop_connections();

  [[nodiscard]] std::vector<SpeechRequest> requests() const;  ///< but those for models, in order
  [[nodiscard]] std::size_t connections() const;              ///< that were ever accepted
  bool wait_for_requests(std::size_t count);
  /// Waits until so many answers have been sent to their end.
  bool wait_for_answers(std::size_t count);
  /// Waits until so many connections have ended, by whichever side.
  bool wait_for_ends(std::size_t count);
  /// Waits until so many answers have been given up because the client closed its connection meanwhile.
  bool wait_for_abandoned(std::size_t count);

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unmuted::test
