#include "characters/speech_lint.hpp"

#include <algorithm>
#include <array>

#include "core/ascii.hpp"
#include "core/unicode.hpp"

namespace unmuted {
namespace {

// Words that the other language does not have at all.
constexpr std::array<std::string_view, 24> english_words{
    "the", "and",  "you",  "is",   "are",  "of",  "with",  "your", "that",   "this",  "what",   "have",
    "be",  "will", "they", "from", "when", "can", "about", "it",   "should", "would", "always", "never"};
constexpr std::array<std::string_view, 24> french_words{
    "le",   "la",  "les",   "et", "vous", "est", "des", "une",  "qui", "que",   "dans", "pour",
    "avec", "ton", "votre", "tu", "je",   "du",  "pas", "sont", "sur", "cette", "mais", "toujours"};

bool is_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80;
}

struct WordCount {
  int english = 0, french = 0;
};

WordCount count_words(std::string_view text) {
  WordCount count;
  std::string word;
  const auto end_of_word = [&] {
    count.english +=
        std::find(english_words.begin(), english_words.end(), word) != english_words.end() ? 1 : 0;
    count.french += std::find(french_words.begin(), french_words.end(), word) != french_words.end() ? 1 : 0;
    word.clear();
  };
  for (const char c : text) {
    if (is_letter(c))
      word += lower_ascii(c);
    else
      end_of_word();
  }
  end_of_word();
  return count;
}

/// Clear enough to tell an author about it.
bool dominates(int words, int others) {
  return words >= 8 && words > 4 * others;
}

bool has_emoji(std::string_view text) {
  while (!text.empty()) {
    const CodePoint next = first_code_point(text);
    if (next.value == emoji_selector || kind_of(next.value) == TextKind::pictograph) return true;
    text.remove_prefix(std::max<std::size_t>(next.bytes, 1));
  }
  return false;
}

/// Whether a `begin` stands before some text and an `end`: `*sighs*`, `<b>`.
bool has_pair(std::string_view text, char begin, char end) {
  for (std::size_t i = text.find(begin); i != std::string_view::npos; i = text.find(begin, i + 1)) {
    const std::size_t close = text.find(end, i + 1);
    if (close == std::string_view::npos) return false;
    if (close > i + 1 && text[i + 1] != ' ') return true;
  }
  return false;
}

bool has_heading(std::string_view text) {
  return text.starts_with("# ") || text.starts_with("## ") || text.find("\n# ") != std::string_view::npos ||
         text.find("\n## ") != std::string_view::npos;
}

}  // namespace

std::optional<std::string_view> contradicting_language(std::string_view text, std::string_view declared) {
  const bool english = declared == "en" || declared.starts_with("en-");
  const bool french = declared == "fr" || declared.starts_with("fr-");
  if (!english && !french) return std::nullopt;
  const WordCount count = count_words(text);
  if (english && dominates(count.french, count.english)) return "fr";
  if (french && dominates(count.english, count.french)) return "en";
  return std::nullopt;
}

std::optional<std::string> unpronounceable_part(std::string_view text) {
  if (has_emoji(text)) return "an emoji";
  if (has_pair(text, '*', '*')) return "words between asterisks";
  if (text.find('`') != std::string_view::npos) return "a backtick";
  if (has_pair(text, '<', '>')) return "a markup tag";
  if (text.find("](") != std::string_view::npos) return "a link in square brackets";
  if (text.find("http://") != std::string_view::npos || text.find("https://") != std::string_view::npos) {
    return "a web address";
  }
  if (has_heading(text)) return "a heading";
  return std::nullopt;
}

}  // namespace unmuted
