#pragma once

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "net/asio.hpp"

namespace unmuted {

/// What somebody listens for.
struct ListeningChoice {
  std::string language;                 ///< that is spoken: "en", "fr"
  std::vector<std::string> vocabulary;  ///< phrases that are likelier than others; empty: anything
};

/// A word that the user said, without white space around it. Words come in their order.
struct WordHeard {
  std::string text;
  double start_time = 0;  ///< when it began: seconds of the sound that this stream was given
};

/// How likely it is that the user has said what they wanted to say, from 0 to 1, as of the sound by now.
/// Comes often; only of a service that hears everything.
struct PauseLikelihood {
  double likelihood = 0;
};

/// Every word before an end_utterance() has been told. Comes once for each.
struct UtteranceHeard {};

struct HearingFailed {
  Error error;  ///< for the client: names the service and the cause
};

/// HearingFailed is the last.
using HearingEvent = std::variant<WordHeard, PauseLikelihood, UtteranceHeard, HearingFailed>;

/// What a service hears of one user. Lives on the thread of the executor that it was started with; every
/// member is called there. Destroying it is abort(); it stays while a next() is under way.
class HearingStream {
 public:
  virtual ~HearingStream() = default;

  /// The next sound, at 24 kHz: all that the user sends where the service hears everything, else the
  /// utterances only, one after the other, each from a little before its begin. Takes no time. A service that
  /// falls behind real time fails when more waits than it keeps.
  virtual void hear(std::span<const float> samples) = 0;
  /// The user has stopped speaking: answered by UtteranceHeard, behind the last of the words. What is heard
  /// later belongs to the next utterance.
  virtual void end_utterance() = 0;

  /// The next event; waits for it. One call at a time, and none after the last event. Never throws.
  virtual net::awaitable<HearingEvent> next() = 0;

  /// Ends it in whatever state it is, and lets go of what it has of the service. A next() under way returns
  /// HearingFailed, and so does every later one; nobody need wait for it.
  virtual void abort() = 0;
};

/// A service that recognises speech. Any thread; outlives its streams' event loops.
class SpeechToText {
 public:
  virtual ~SpeechToText() = default;

  /// Whether its streams hear everything, tell each word at once and how likely a pause is; else they are
  /// given utterances, and tell the words of each when it has ended.
  [[nodiscard]] virtual bool hears_everything() const = 0;

  /// Begins to listen on `executor`, whose context is run by one thread. Does nothing that takes time yet.
  virtual std::unique_ptr<HearingStream> start(const net::asio::any_io_executor& executor,
                                               ListeningChoice choice) = 0;

  /// Whether it works. Takes two seconds at most.
  virtual net::awaitable<bool> up() = 0;
};

}  // namespace unmuted
