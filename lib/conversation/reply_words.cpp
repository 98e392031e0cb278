#include "conversation/reply_words.hpp"

#include <utility>

#include "conversation/words.hpp"

namespace unmuted {

ReplyWords::Cut ReplyWords::feed(std::string_view piece) {
  return admit(text_.feed(piece));
}

ReplyWords::Cut ReplyWords::finish() {
  return admit(text_.finish());
}

void ReplyWords::begin_round() {
  before_round_ = any();
  in_round_ = false;
}

bool ReplyWords::begin_afresh() {
  text_ = SpokenText();
  return std::exchange(in_round_, false);
}

/// As many of the words as the reply may have.
ReplyWords::Cut ReplyWords::admit(std::vector<std::string> words) {
  std::size_t admitted = 0;
  for (std::string& word : words) {
    if (bytes_ + word.size() > max_bytes) break;
    const bool bare = without_space(word).size() == word.size();
    if (bare && before_round_ && !in_round_) word.insert(word.begin(), ' ');
    in_round_ = true;
    bytes_ += word.size();
    ++admitted;
  }
  const bool all = admitted == words.size();
  words.resize(admitted);
  return {std::move(words), all};
}

}  // namespace unmuted
