#include "conversation/listening_words.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "core/unicode.hpp"

namespace unmuted {
namespace {

struct LanguageWords {
  std::string_view language;
  std::string_view backchannels;  ///< case-folded, without signs but apostrophe and hyphen; spaces between
  std::string_view openings;      ///< words that something follows
};

// docs/voice.md has the same backchannels.
constexpr std::array<LanguageWords, 9> known{{
    {"", "mm mhm mm-hm mm-hmm mmhm mmhmm uh-huh hm hmm ah aha oh ok okay", "um uh er erm hmm"},
    {"en", "yeah yep yes yup right sure really wow cool alright",
     "and but or so because if then that the a an of to with like well"},
    {"fr", "oui ouais d'accord voilà bien mmh",
     "et mais ou donc car parce que si alors euh ben le la les un une de"},
    {"de", "ja genau stimmt klar richtig ach so",
     "und aber oder weil wenn dann dass also äh ähm der die das ein"},
    {"es", "sí si vale ya ajá claro bueno", "y e pero o porque si entonces que eh este el la los un una de"},
    {"it", "sì già certo vero bene", "e ma o perché se allora che ehm il la lo un una di"},
    {"pt", "sim pois tá certo claro é", "e mas ou porque se então que hã o a os um uma de"},
    {"nl", "ja oké precies klopt juist", "en maar of omdat als dan dat dus eh de het een"},
    {"pl", "tak no jasne dobrze", "i ale albo bo jeśli więc że yyy"},
}};

/// The word without case and without the signs around it.
std::string bare(std::string_view word) {
  std::string folded = case_folded(word);
  std::string kept;
  for (std::size_t at = 0; at < folded.size();) {
    const CodePoint sign = code_point_at(folded, at);
    const bool apostrophe = sign.value == U'\'' || sign.value == U'\u2019';
    if (apostrophe) kept += '\'';
    if (sign.value == U'-' || is_word_sign(sign.value)) kept += folded.substr(at, sign.bytes);
    at += sign.bytes;
  }
  return kept;
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(' '), list.size());
    if (list.substr(0, end) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

/// Of a character that speaks two, "en/fr", both count.
bool speaks(std::string_view languages, std::string_view language) {
  while (!languages.empty()) {
    const std::size_t end = std::min(languages.find_first_of("/, "), languages.size());
    const std::string_view one = languages.substr(0, end);
    if (one == language || (one.starts_with(language) && one[language.size()] == '-')) return true;
    languages.remove_prefix(std::min(end + 1, languages.size()));
  }
  return false;
}

bool is_listed(std::string_view word, std::string_view language, std::string_view LanguageWords::*list) {
  const std::string said = bare(word);
  if (said.empty()) return false;
  const auto lists_it = [&](const LanguageWords& words) {
    const bool counts = words.language.empty() || speaks(language, words.language);
    return counts && has_word(words.*list, said);
  };
  return std::any_of(known.begin(), known.end(), lists_it);
}

}  // namespace

bool is_backchannel(std::string_view word, std::string_view language) {
  return is_listed(word, language, &LanguageWords::backchannels);
}

bool asks_for_more(std::string_view word, std::string_view language) {
  return is_listed(word, language, &LanguageWords::openings);
}

}  // namespace unmuted
