#include "services/embedded/grammar.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include <flite/flite.h>

#include "core/ascii.hpp"
#include "services/spelling.hpp"

extern "C" {
cst_lexicon* cmulex_init();
cst_val* en_exp_number(const char* digits);
}

namespace unmuted::embedded {
namespace {

constexpr std::size_t longest_word = 40;  ///< letters; guessing how it sounds takes longer than in proportion
constexpr std::size_t longest_number = 9;  ///< digits

using WordList = std::vector<std::string>;
/// How words sound: each in at least one way, as a dictionary has them.
using Sounds = std::map<std::string, std::vector<Grammar::Word>, std::less<>>;

struct DeleteValue {
  void operator()(cst_val* value) const { delete_val(value); }
};
using Value = std::unique_ptr<cst_val, DeleteValue>;

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

/// Its words in small letters. Empty where one of them cannot be said.
WordList words_in(const std::string& phrase) {
  WordList words(1);
  for (const char c : lower_ascii(spelled_for_flite(phrase))) {
    if (is_letter(c) || is_digit(c) || c == '\'') {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  std::erase_if(words, [](const std::string& word) {
    return std::none_of(word.begin(), word.end(), [](char c) { return is_letter(c) || is_digit(c); });
  });
  const bool fits = std::all_of(words.begin(), words.end(),
                                [](const std::string& word) { return word.size() <= longest_word; });
  return fits ? words : WordList{};
}

/// Of the dictionary the lines of those words.
Sounds sounds_in_dictionary(const std::set<std::string, std::less<>>& words, const std::string& dictionary) {
  Sounds sounds;
  std::ifstream file(dictionary);
  std::string line;
  while (std::getline(file, line)) {
    const std::string_view all = line;
    const std::string_view spelling = all.substr(0, all.find(' '));
    const auto word = words.find(spelling.substr(0, spelling.find('(')));
    if (word == words.end() || spelling.size() == all.size()) continue;
    sounds[*word].push_back({std::string(spelling), std::string(all.substr(spelling.size() + 1))});
  }
  return sounds;
}

/// flite's names of sounds are the dictionary's, but for one.
void append_phones(std::string& phones, std::string_view of_flite) {
  std::string phone;
  for (const char c : of_flite) {
    if (is_letter(c)) phone += static_cast<char>(c - 'a' + 'A');
  }
  if (phone == "AX") phone = "AH";
  if (!phone.empty()) phones.append(phones.empty() ? "" : " ").append(phone);
}

void append_letters(std::string& phones, const std::string& letters) {
  static const cst_lexicon* const lexicon = cmulex_init();
  const Value sounds(lex_lookup(lexicon, letters.c_str(), nullptr, nullptr));
  for (const cst_val* each = sounds.get(); each != nullptr; each = val_cdr(each)) {
    append_phones(phones, val_string(val_car(each)));
  }
}

void append_number(std::string& phones, const std::string& digits) {
  const Value words(en_exp_number(digits.c_str()));
  for (const cst_val* each = words.get(); each != nullptr; each = val_cdr(each)) {
    append_letters(phones, val_string(val_car(each)));
  }
}

/// How a word sounds that no dictionary has; empty where that cannot be said. Letters beside digits are said
/// one by one: "co2".
std::string guess(std::string_view word) {
  std::string phones;
  for (std::size_t at = 0; at < word.size();) {
    std::string run;
    const bool digits = is_digit(word[at]);
    for (; at < word.size() && is_digit(word[at]) == digits; ++at) run += word[at];
    if (!digits && run.size() == word.size()) {
      append_letters(phones, run);
    } else if (!digits) {
      for (const char letter : run) append_letters(phones, std::string(1, letter));
    } else if (run.size() <= longest_number) {
      append_number(phones, run);
    } else {
      return {};
    }
  }
  return phones;
}

}  // namespace

Grammar make_grammar(std::span<const std::string> phrases, const std::string& dictionary) {
  std::set<WordList> said;
  for (const std::string& phrase : phrases) said.insert(words_in(phrase));
  said.erase(WordList{});
  std::set<std::string, std::less<>> words;
  for (const WordList& phrase : said) words.insert(phrase.begin(), phrase.end());

  Sounds sounds = sounds_in_dictionary(words, dictionary);
  Grammar grammar;
  for (const std::string& word : words) {
    std::vector<Grammar::Word>& ways = sounds[word];
    if (ways.empty()) ways.push_back({word, guess(word)});
    if (ways.front().phones.empty()) continue;
    grammar.words.insert(grammar.words.end(), ways.begin(), ways.end());
  }
  for (const WordList& phrase : said) {
    const bool known = std::all_of(phrase.begin(), phrase.end(), [&](const std::string& word) {
      return !sounds[word].front().phones.empty();
    });
    if (known) grammar.phrases.push_back(phrase);
  }
  return grammar;
}

}  // namespace unmuted::embedded
