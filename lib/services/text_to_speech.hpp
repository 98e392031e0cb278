#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "audio/pcm.hpp"
#include "core/result.hpp"
#include "net/asio.hpp"

namespace unmuted {

/// Whose voice speaks.
struct VoiceChoice {
  std::string path;  ///< of the character's voice on a server of Kyutai's: every character has one
  /// Of other backends' voices, those that the character names: by the backend, "embedded" or "openai".
  std::map<std::string, std::string, std::less<>> names;
  std::string language;  ///< of the character: "en", "fr"

  /// Empty where the character names none.
  [[nodiscard]] std::string name_for(const std::string& backend) const {
    const auto name = names.find(backend);
    return name == names.end() ? "" : name->second;
  }
};

/// The next words are spoken from here on: `words` of those that were said, counted from the last mark. What
/// follows is their sound.
struct WordsBegin {
  std::size_t words = 1;
};

/// The next sound, at 24 kHz.
struct SpeechAudio {
  audio::Samples samples;
};

/// All that was said up to complete() has been spoken.
struct SpeechEnded {};

struct SpeechFailed {
  Error error;  ///< for the client: names the service and the cause
};

/// SpeechEnded and SpeechFailed are the last.
using SpeechEvent = std::variant<WordsBegin, SpeechAudio, SpeechEnded, SpeechFailed>;

/// One reply that is spoken. Lives on the thread of the executor that it was started with; every member is
/// called there. Destroying it is abort(); it stays while a next() is under way.
class SpeechStream {
 public:
  virtual ~SpeechStream() = default;

  /// The next word, with the white space before it. What the service begins with is its own business: sound
  /// may come before complete().
  virtual void say(std::string_view word) = 0;
  /// No more words follow.
  virtual void complete() = 0;

  /// The next event; waits for it. One call at a time, and none after the last event. Never throws. A caller
  /// that does not ask for more holds the service up: no more than some seconds of sound wait here.
  virtual net::awaitable<SpeechEvent> next() = 0;

  /// Ends it in whatever state it is, and lets go of what it has of the service. A next() under way returns
  /// SpeechFailed, and so does every later one; nobody need wait for it.
  virtual void abort() = 0;
};

/// A service that speaks. Any thread; outlives its streams' event loops.
class TextToSpeech {
 public:
  virtual ~TextToSpeech() = default;

  /// Begins to speak on `executor`, whose context is run by one thread. Does nothing that takes time yet.
  virtual std::unique_ptr<SpeechStream> start(const net::asio::any_io_executor& executor,
                                              VoiceChoice voice) = 0;

  /// Whether it works. Takes two seconds at most.
  virtual net::awaitable<bool> up() = 0;
};

}  // namespace unmuted
