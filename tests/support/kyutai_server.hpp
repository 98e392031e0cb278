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

namespace unmuted::test {

/// What the server does with a connection that is none of its faults when it is fine.
enum class SpeechFault {
  fine,
  refuse,         ///< nobody listens on the port
  unauthorized,   ///< 401 to the upgrade
  loading,        ///< 503 to the upgrade, and to the question how it is
  hang,           ///< takes the connection, and does not answer the upgrade
  full,           ///< says so right after the upgrade, and closes
  silent,         ///< gives no place, and says nothing
  strays,         ///< ten messages of somebody else before Ready
  only_strays,    ///< no end of them
  garbage_first,  ///< what is no message, in the place of Ready
  garbage,        ///< the same, in the middle of the first word
  error,          ///< a message that says what failed, in the middle of the first word
  die_first,      ///< cuts the connection at the first message that it gets
  die,            ///< in the middle of the first word
  die_late,       ///< behind the first word
  close_early,    ///< closes in order, in the middle of the first word
  stall,          ///< says nothing more from the middle of the first word on
  deaf,           ///< reads nothing from the first message on, not even the end
};

/// As on the command line: "die-late".
std::optional<SpeechFault> speech_fault_named(std::string_view name);
std::vector<std::string> speech_fault_names();

struct KyutaiServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;      ///< 0: any free one
  bool tls = false;            ///< with a certificate of its own making, for localhost and 127.0.0.1
  std::string api_key{};       ///< who has another one is refused; empty: anybody may come
  std::size_t places = 1'000;  ///< of each service
  std::chrono::milliseconds ready_pause{0};  ///< before it says that there is a place

  // Speech-out.
  double speed = 0;               ///< times as fast as the sound is heard; 0: at once
  std::size_t frames_a_word = 4;  ///< of sound, 80 ms each
  std::size_t lag = 16;           ///< frames that the sound is behind the words

  // Speech-in.
  std::vector<std::string> words{"one", "two",
                                 "three"};  ///< that are heard, one each third of a second of sound
  /// What is heard in the place of `words`, of each utterance the next, and of those after the last one the
  /// first again: words, one each 0.16 s of its sound as long as there are any. Empty: `words`.
  std::vector<std::string> utterances{};
  std::chrono::milliseconds idle{20'000};  ///< without a frame, until it closes; 0: never
  bool listens = true;                     ///< false: it takes the sound, and falls behind
};

/// What a connection for speech-in is told, in the place of what its sound says.
struct HearingScript {
  struct Word {
    std::size_t after;  ///< frames that it has got
    std::string text;
    double start_time;  ///< seconds
  };
  std::vector<Word> words;
  std::vector<float> pauses;  ///< how likely a pause is, by frame; the last one goes on. None: as it sounds
};

/// What became of a connection that was upgraded, in the order of their beginning.
struct SpeechCall {
  std::string target;
  std::string api_key;
  std::vector<std::string> texts;  ///< that were to be spoken, a message each
  std::size_t voice_bytes = 0;     ///< of the message that held a voice
  bool voice_first = false;        ///< it came before any text
  bool complete = false;           ///< the end of the words was told
  std::size_t frames = 0;          ///< of sound that came in
  std::vector<float> loudness;     ///< of each, roughly
  bool open = true;
  bool closed_in_order = false;  ///< by a closing handshake
};

/// Kyutai's two speech services on one port of the loopback, on a thread of its own, as moshi-server speaks
/// their protocol; it can be told to misbehave. Every member may be called from any thread; what waits gives
/// up after ten seconds and says false.
///
/// Speech-out makes a tone of each word (tone_of). Of a word it says where it begins and ends when the next
/// one begins, of the last one at the end. Speech-in says of each frame how likely a pause is: by the
/// loudness of the frame, or by a script. Its words come half a second after their sound.
class KyutaiServer {
 public:
  explicit KyutaiServer(KyutaiServerOptions options = {});
  ~KyutaiServer();
  KyutaiServer(const KyutaiServer&) = delete;
  KyutaiServer& operator=(const KyutaiServer&) = delete;

  [[nodiscard]] std::string url() const;  ///< "ws://127.0.0.1:41234"
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::string certificate_file() const;  ///< PEM, for clients to trust; empty without TLS

  /// From the next connection on, for `times` connections; then fine.
  void behave(SpeechFault fault, int times = std::numeric_limits<int>::max());
  /// For the next connection for speech-in that has no script yet.
  void hear(HearingScript script);
  /// Every open connection for speech-in is told this word now.
  void tell(std::string word, double start_time);
  /// Those that were deaf hear again.
  void listen_again();
  /// Cuts every connection.
  void drop_connections();

  [[nodiscard]] std::vector<SpeechCall> calls() const;
  [[nodiscard]] std::size_t connections() const;  ///< of TCP, that were ever accepted
  [[nodiscard]] std::size_t open() const;         ///< of those, not ended yet
  [[nodiscard]] std::size_t places_taken() const;
  bool wait_for_connections(std::size_t count);
  bool wait_for_calls(std::size_t count);
  /// Waits until so many places are taken: no more and no less.
  bool wait_for_places(std::size_t count);
  /// Waits until no connection is open.
  bool wait_for_end();
  /// Waits until the call of that number has got so many texts, or frames of sound.
  bool wait_for_texts(std::size_t call, std::size_t count);
  bool wait_for_frames(std::size_t call, std::size_t count);

  /// Hz.
  static double tone_of(std::string_view word);

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unmuted::test
