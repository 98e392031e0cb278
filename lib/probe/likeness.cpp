#include "probe/likeness.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "core/unicode.hpp"

namespace unmuted::probe {
namespace {

constexpr std::size_t max_words = 5'000;

/// Letters and digits of any script, without case; what stands between them parts words, but an apostrophe.
std::vector<std::string> words_of(std::string_view text) {
  const std::string folded = case_folded(text);
  std::vector<std::string> words;
  std::string word;
  for (std::size_t at = 0; at < folded.size() && words.size() < max_words;) {
    const CodePoint sign = code_point_at(folded, at);
    at += std::max<std::size_t>(sign.bytes, 1);
    if (is_word_sign(sign.value)) {
      append_utf8(word, sign.value);
    } else if (sign.value != U'\'' && sign.value != U'\u2019' && !word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty() && words.size() < max_words) words.push_back(std::move(word));
  return words;
}

/// How many words must be put in, left out or replaced to make one of the other.
std::size_t word_errors(const std::vector<std::string>& said, const std::vector<std::string>& heard) {
  std::vector<std::size_t> row(heard.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < said.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < heard.size(); ++j) {
      const std::size_t replaced = diagonal + (said[i] == heard[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

double likeness_of(std::string_view said, std::string_view heard) {
  const auto expected = words_of(said);
  const auto there = words_of(heard);
  if (expected.empty()) return there.empty() ? 1 : 0;
  const double rate =
      static_cast<double>(word_errors(expected, there)) / static_cast<double>(expected.size());
  return std::max(0.0, 1 - rate);
}

}  // namespace unmuted::probe
