// What is spoken of a model's text does not depend on the pieces it comes in, and is made of words that a
// voice can be given. The first bytes say how long the pieces are.

#include "conversation/words.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "conversation/spoken_text.hpp"
#include "core/utf8.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using Words = std::vector<std::string>;

void append(Words& words, Words more) {
  std::move(more.begin(), more.end(), std::back_inserter(words));
}

/// `lengths`: of the pieces, again and again; empty: one piece.
Words spoken(std::string_view text, std::string_view lengths) {
  unmuted::SpokenText reader;
  Words words;
  for (std::size_t i = 0; !text.empty(); ++i) {
    const std::size_t length =
        lengths.empty() ? text.size() : static_cast<unsigned char>(lengths[i % lengths.size()]) % 9 + 1;
    append(words, reader.feed(text.substr(0, length)));
    text.remove_prefix(std::min(length, text.size()));
  }
  append(words, reader.finish());
  FUZZ_CHECK(reader.finish().empty());
  return words;
}

void check_word(const std::string& word) {
  constexpr std::string_view blanks = " \t\n\r\v\f";
  const std::string_view bare = unmuted::without_space(word);
  FUZZ_CHECK(unmuted::is_utf8(word));
  FUZZ_CHECK(!bare.empty() && bare.size() <= unmuted::max_word_bytes);
  FUZZ_CHECK(word.size() - bare.size() <= 8);
  FUZZ_CHECK(bare.find_first_of(blanks) == std::string_view::npos);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; };
  FUZZ_CHECK(std::none_of(bare.begin(), bare.end(), is_control));
  for (std::size_t i = 0; i + 1 < bare.size(); ++i) {  // nor those of C1
    FUZZ_CHECK(bare[i] != '\xC2' || static_cast<unsigned char>(bare[i + 1]) >= 0xA0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = unmuted::fuzz::text_of(data, size);
  const std::string_view lengths = text.substr(0, std::min<std::size_t>(4, text.size()));
  text.remove_prefix(lengths.size());
  const Words whole = spoken(text, {});
  for (const std::string& word : whole) check_word(word);
  FUZZ_CHECK(spoken(text, lengths) == whole);
  FUZZ_CHECK(spoken(text, std::string_view("\0", 1)) == whole);
  unmuted::is_farewell(text);
  return 0;
}
