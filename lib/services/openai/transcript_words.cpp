#include "services/openai/transcript_words.hpp"

#include <algorithm>
#include <utility>

#include "core/ascii.hpp"
#include "core/unicode.hpp"
#include "services/spelling.hpp"

namespace unmuted::openai {
namespace {

constexpr double letters_a_second = 14;
constexpr std::size_t max_bracketed = 200;  ///< bytes: what is longer is text

/// As long as a word takes, with the pause behind it.
std::size_t letters_in(std::string_view word) {
  std::size_t letters = 1;
  for (std::size_t at = 0; at < word.size(); ++letters)
    at += std::max<std::size_t>(code_point_at(word, at).bytes, 1);
  return letters;
}

bool closes(char sign, char opened) {
  return (opened == '[' && sign == ']') || (opened == '(' && sign == ')');
}

}  // namespace

void TranscriptWords::split(std::string_view text) {
  for (const char sign : text) {
    if (!bracketed_.empty()) {
      bracketed_ += sign;
      if (closes(sign, bracketed_.front())) bracketed_.clear();
      if (bracketed_.size() > max_bracketed) split_plain(std::exchange(bracketed_, {}));
    } else if (sign == '[' || sign == '(') {
      bracketed_ = sign;
    } else {
      split_plain(std::string_view(&sign, 1));
    }
  }
}

void TranscriptWords::split_plain(std::string_view text) {
  for (const char sign : text) {
    if (ascii_white_space.find(sign) == std::string_view::npos)
      word_ += sign;
    else
      end_word();
  }
}

void TranscriptWords::feed(std::string_view text) {
  split(text);
  for (; !whole_.empty(); whole_.pop_front()) {
    const double start = time_;
    time_ = std::min(end_, time_ + static_cast<double>(letters_in(whole_.front())) / letters_a_second);
    give(std::move(whole_.front()), start);
  }
}

void TranscriptWords::end_word() {
  if (is_heard(word_)) whole_.push_back(word_);
  word_.clear();
}

void TranscriptWords::feed_timed(std::string_view word, double start) {
  time_ = std::clamp(start, time_, end_);
  split(word);
  end_word();
  for (; !whole_.empty(); whole_.pop_front()) give(std::move(whole_.front()), time_);
}

void TranscriptWords::finish(std::string_view text) {
  split(text);
  split_plain(std::exchange(bracketed_, {}));
  end_word();
  std::size_t letters = 0;
  for (const std::string& word : whole_) letters += letters_in(word);
  const double pace = letters == 0 ? 0 : (end_ - time_) / static_cast<double>(letters);
  for (; !whole_.empty(); whole_.pop_front()) {
    const double start = time_;
    time_ += pace * static_cast<double>(letters_in(whole_.front()));
    give(std::move(whole_.front()), start);
  }
}

void TranscriptWords::give(std::string word, double start) {
  words_.push_back({std::move(word), start});
}

std::optional<WordHeard> TranscriptWords::take() {
  if (words_.empty()) return std::nullopt;
  WordHeard word = std::move(words_.front());
  words_.pop_front();
  return word;
}

}  // namespace unmuted::openai
