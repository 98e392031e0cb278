#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "services/kyutai/messages.hpp"
#include "services/text_to_speech.hpp"

namespace unmuted::kyutai {

/// The words of a reply and the sound that comes of them: what the service is sent of a word, and what it
/// answers as events in the order in which they are heard. The service says where a word begins, and where it
/// ends: the next begins there. It divides words further, and says so of each part.
class SpokenWords {
 public:
  /// What the service is to be sent of it; empty where nothing of the word can be spoken.
  std::string say(std::string_view word);

  void begins(const Text& text);
  void sounds(audio::Samples samples);
  /// The service has spoken all: words of which it said nothing begin now.
  void end();

  /// What is heard, in order. The caller takes it out.
  std::deque<SpeechEvent> events;

 private:
  /// A part of a word that the service sees as a word.
  struct Part {
    std::string text;
    std::size_t words;  ///< that begin with it: none where it is not the first of its word
  };
  struct Mark {
    std::size_t at;  ///< sample
    std::size_t words;
  };

  std::size_t take_parts(std::string_view text);
  void mark(double seconds, std::size_t words);
  void give(audio::Samples samples);

  std::deque<Part> parts_;    ///< of which the service has not said where they begin
  std::deque<Mark> marks_;    ///< that lie in sound that has not come
  std::size_t unspoken_ = 0;  ///< words of which nothing is spoken: they begin with the next
  std::size_t given_ = 0;     ///< samples
  bool begun_ = false;        ///< it is known where the first word begins
};

}  // namespace unmuted::kyutai
