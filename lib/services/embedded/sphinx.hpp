#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "services/embedded/grammar.hpp"

struct ps_decoder_s;

namespace unmuted::embedded {

inline constexpr int sphinx_rate = 16'000;  ///< samples a second of what pocketsphinx hears

/// The model of English: a directory as the Debian package pocketsphinx-en-us has it.
struct SphinxModel {
  std::string directory = default_directory();

  static std::string default_directory();
  [[nodiscard]] std::string acoustic_model() const { return directory + "/en-us"; }
  [[nodiscard]] std::string language_model() const { return directory + "/en-us.lm.bin"; }
  [[nodiscard]] std::string dictionary() const { return directory + "/cmudict-en-us.dict"; }

  /// Whether its files are there. Blocks. Error: service_unavailable, which names the package.
  [[nodiscard]] Result<void> check() const;
};

struct RecognisedWord {
  std::string text;
  double start = 0;  ///< seconds from where the utterance begins
};

/// What an utterance was, as far as a decoder can tell.
struct Hypothesis {
  std::vector<RecognisedWord> words;
  int score = 0;        ///< the greater the likelier; to be compared for the same utterance only
  int word_frames = 0;  ///< of 10 ms, in which words are said
  /// How well the words sound like what was heard, a frame of theirs: from 0, perfectly, down. Of a grammar
  /// only.
  double likeness = 0;
};

/// A decoder of pocketsphinx. Everything takes long, so that it belongs on the pool; one thread at a time.
class SphinxDecoder {
 public:
  /// One that knows whatever is likely in English. It takes some 100 MB, and 0.6 s to make. Error:
  /// service_unavailable.
  static Result<SphinxDecoder> of_english(const SphinxModel& model);
  /// One that knows the phrases of a grammar alone, of which there is at least one: some 5 MB, and 40 ms.
  static Result<SphinxDecoder> of_grammar(const SphinxModel& model, const Grammar& grammar);

  /// The begin of an utterance. Drops one that was not ended. Nothing of those before matters: what a decoder
  /// learns of a microphone by pauses and single words does more harm than good, and the next user has
  /// another.
  void begin();
  void hear(std::span<const std::int16_t> samples);
  Hypothesis end();

 private:
  struct Free {
    void operator()(ps_decoder_s* decoder) const;
  };
  using Handle = std::unique_ptr<ps_decoder_s, Free>;

  explicit SphinxDecoder(Handle decoder);
  static Result<SphinxDecoder> make(std::vector<std::string> arguments);
  [[nodiscard]] bool use(const Grammar& grammar);

  Handle decoder_;
  std::vector<float> usual_mean_;  ///< of what it hears, which it goes on from
  bool in_utterance_ = false;
};

}  // namespace unmuted::embedded
