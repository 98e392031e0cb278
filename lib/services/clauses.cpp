#include "services/clauses.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/ascii.hpp"
#include "core/unicode.hpp"

namespace unmuted {
namespace {

// Where somebody waits for the first sound, a clause ends sooner.
constexpr std::size_t first_min_words = 3;
constexpr std::size_t min_words = 6;
constexpr std::size_t first_max_weight = 120;
constexpr std::size_t max_weight = 200;

// A long word takes the engines a time that grows with its square.
constexpr std::size_t max_part = 48;  ///< characters
constexpr std::size_t max_digits = 24;
constexpr std::size_t digit_group = 12;

constexpr std::array abbreviations =
    std::to_array<std::string_view>({"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "sr.", "jr.", "vs.", "no.",
                                     "mme.", "mlle.", "hr.", "fr.", "sra."});

constexpr std::array sentence_ends = std::to_array<char32_t>(
    {U'.', U'!', U'?', U'\u2026', U'\u3002', U'\uFF01', U'\uFF1F', U'\u061F', U'\u0964'});
constexpr std::array clause_ends =
    std::to_array<char32_t>({U',', U';', U':', U'\uFF0C', U'\u3001', U'\uFF1B', U'\u060C', U'\u061B'});
constexpr std::array closing_signs = std::to_array<char32_t>(
    {U'"', U'\'', U')', U']', U'}', U'\u201D', U'\u2019', U'\u00BB', U'\u203A', U'\u300D'});

template <class Signs>
bool is_one_of(const Signs& signs, char32_t sign) {
  return std::find(signs.begin(), signs.end(), sign) != signs.end();
}

std::string_view without_closing_signs(std::string_view word) {
  while (true) {
    const CodePoint last = last_code_point(word);
    if (last.bytes == 0 || !is_one_of(closing_signs, last.value)) return word;
    word.remove_suffix(last.bytes);
  }
}

/// Whether its full stop belongs to the word: "Dr.", "J.", "e.g.", "3.".
bool is_abbreviated(std::string_view word) {
  const std::string_view stem = word.substr(0, word.size() - 1);
  if (stem.ends_with('.')) return false;
  if (stem.find('.') != std::string_view::npos) return true;
  const std::string lower = lower_ascii(word);
  if (std::find(abbreviations.begin(), abbreviations.end(), lower) != abbreviations.end()) return true;
  const bool short_number = stem.size() <= 2 && std::all_of(stem.begin(), stem.end(), is_digit);
  const CodePoint letter = first_code_point(stem);
  return short_number || (letter.bytes == stem.size() && letter.value != U'I' && is_word_sign(letter.value));
}

enum class Pause { none, clause, sentence };

Pause pause_after(std::string_view word) {
  word = without_closing_signs(word);
  const char32_t last = last_code_point(word).value;
  if (is_one_of(clause_ends, last)) return Pause::clause;
  if (!is_one_of(sentence_ends, last)) return Pause::none;
  return last == U'.' && is_abbreviated(word) ? Pause::none : Pause::sentence;
}

/// How long a part takes to speak, in letters.
std::size_t weight_of(std::string_view part) {
  std::size_t weight = 1;
  for (std::size_t at = 0; at < part.size();) {
    const CodePoint next = code_point_at(part, at);
    at += std::max<std::size_t>(next.bytes, 1);
    const bool letter = next.value >= 0x80 ? next.value < 0x2E80 : lower_ascii(part[at - 1]) >= 'a';
    weight += letter ? 1 : 5;
  }
  return weight;
}

std::size_t digits_at(std::string_view text, std::size_t at) {
  const auto* const begin = text.begin() + static_cast<std::ptrdiff_t>(at);
  return static_cast<std::size_t>(std::find_if_not(begin, text.end(), is_digit) - begin);
}

/// A word as it is spelled, in parts that an engine can be given.
std::vector<std::string> parts_of(std::string_view spelled) {
  std::vector<std::string> parts;
  std::string part;
  std::size_t characters = 0;
  const auto cut = [&] {
    if (!part.empty()) parts.push_back(std::exchange(part, {}));
    characters = 0;
  };
  for (std::size_t at = 0; at < spelled.size();) {
    if (spelled[at] == ' ') {
      cut();
      ++at;
      continue;
    }
    if (std::size_t digits = digits_at(spelled, at); digits > max_digits) {
      for (; digits > 0; digits -= std::min(digits, digit_group)) {
        cut();
        part = spelled.substr(at, std::min(digits, digit_group));
        at += part.size();
      }
      cut();
      continue;
    }
    // All of a run of digits that is short enough, or one character.
    const std::size_t bytes =
        std::max<std::size_t>({digits_at(spelled, at), code_point_at(spelled, at).bytes, std::size_t{1}});
    const std::size_t length = is_digit(spelled[at]) ? bytes : 1;
    if (characters + length > max_part) cut();
    part.append(spelled.substr(at, bytes));
    characters += length;
    at += bytes;
  }
  cut();
  return parts;
}

bool has_letters(std::string_view word) {
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint next = code_point_at(word, at);
    if (is_word_sign(next.value)) return true;
    at += std::max<std::size_t>(next.bytes, 1);
  }
  return false;
}

}  // namespace

std::string Clause::text() const {
  std::string text;
  for (const Word& word : words) text.append(text.empty() ? "" : " ").append(word.text);
  return text;
}

void Clauses::say(std::string_view word) {
  if (!letters_said_) letters_said_ = has_letters(word);
  const std::string spelled = spelling_(word);
  std::size_t said = 1;
  for (std::string& part : parts_of(spelled)) {
    if (is_heard(part))
      add(std::move(part), std::exchange(said, 0));
    else
      pause(part);
  }
  if (said == 0) return;
  if (open_.words.empty())
    ++unheard_;
  else
    ++open_.words.back().said;
}

void Clauses::add(std::string part, std::size_t said) {
  const std::size_t weight = weight_of(part);
  if (weight_ + weight > (first_ ? first_max_weight : max_weight)) end_clause();
  anything_heard_ = true;
  weight_ += weight;
  const Pause pause = pause_after(part);
  open_.words.push_back({std::move(part), said + std::exchange(unheard_, 0), weight});
  const std::size_t enough = first_ ? first_min_words : min_words;
  if (pause == Pause::sentence || (pause == Pause::clause && open_.words.size() >= enough)) end_clause();
}

void Clauses::pause(std::string_view signs) {
  if (open_.words.empty() || signs.find_first_of(",;:.!?-") == std::string_view::npos) return;
  std::string& before = open_.words.back().text;
  if (pause_after(before) == Pause::none && !before.ends_with('.')) before += ',';
  if (open_.words.size() >= (first_ ? first_min_words : min_words)) end_clause();
}

void Clauses::end_clause() {
  if (open_.words.empty()) return;
  ready_.push_back(std::exchange(open_, {}));
  weight_ = 0;
  first_ = false;
}

void Clauses::complete() {
  if (complete_) return;
  complete_ = true;
  end_clause();
  if (unheard_ > 0) ready_.push_back({{{"", std::exchange(unheard_, 0), 0}}});
}

std::optional<Clause> Clauses::take() {
  if (ready_.empty()) return std::nullopt;
  Clause clause = std::move(ready_.front());
  ready_.pop_front();
  return clause;
}

}  // namespace unmuted
