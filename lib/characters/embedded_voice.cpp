#include "characters/embedded_voice.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>
#include <utility>

#include "core/ascii.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

using Wrong = tl::unexpected<std::string>;

constexpr std::array<std::string_view, 4> speakers{"slt", "rms", "awb", "kal16"};

// Of the variants there are, those that sound like somebody. espeak-ng does not tell of one that it has not.
constexpr std::array<std::string_view, 17> variants{"m1", "m2",    "m3",      "m4",      "m5",     "m6",
                                                    "m7", "m8",    "f1",      "f2",      "f3",     "f4",
                                                    "f5", "croak", "whisper", "grandma", "grandpa"};

constexpr std::array espeak_languages = std::to_array<std::string_view>(
    {"af",    "am",  "an",  "ar",     "as", "az",    "ba",  "be",  "bg",  "bn",     "bpy",   "bs",
     "ca",    "cmn", "cs",  "cv",     "cy", "da",    "de",  "el",  "en",  "en-029", "en-gb", "en-gb-scotland",
     "en-us", "eo",  "es",  "es-419", "et", "eu",    "fa",  "fi",  "fr",  "fr-be",  "fr-ch", "fr-fr",
     "ga",    "gd",  "gn",  "grc",    "gu", "hak",   "haw", "he",  "hi",  "hr",     "ht",    "hu",
     "hy",    "hyw", "ia",  "id",     "io", "is",    "it",  "ja",  "jbo", "ka",     "kk",    "kl",
     "kn",    "ko",  "kok", "ku",     "ky", "la",    "lb",  "lfn", "lt",  "ltg",    "lv",    "mi",
     "mk",    "ml",  "mr",  "ms",     "mt", "my",    "nb",  "nci", "ne",  "nl",     "nog",   "om",
     "or",    "pa",  "pap", "pl",     "pt", "pt-br", "qu",  "quc", "ro",  "ru",     "ru-lv", "sd",
     "shn",   "si",  "sk",  "sl",     "sq", "sr",    "sv",  "sw",  "ta",  "te",     "th",    "tk",
     "tn",    "tr",  "tt",  "ug",     "uk", "ur",    "uz",  "vi",  "yue"});

/// Languages that go by another tag, or that a neighbour's voice can be understood in.
constexpr std::array near_languages =
    std::to_array<std::pair<std::string_view, std::string_view>>({{"zh", "cmn"},
                                                                  {"no", "nb"},
                                                                  {"nn", "nb"},
                                                                  {"iw", "he"},
                                                                  {"in", "id"},
                                                                  {"fil", "es"},
                                                                  {"tl", "es"},
                                                                  {"gl", "pt"},
                                                                  {"oc", "ca"},
                                                                  {"sh", "hr"},
                                                                  {"mo", "ro"},
                                                                  {"ast", "es"},
                                                                  {"fy", "nl"},
                                                                  {"fo", "is"},
                                                                  {"yi", "de"},
                                                                  {"gsw", "de"},
                                                                  {"prs", "fa"},
                                                                  {"tg", "fa"}});

template <class List>
bool has(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

template <class List>
std::string joined(const List& list) {
  std::string text;
  for (const std::string_view each : list) text.append(text.empty() ? "" : ", ").append(each);
  return text;
}

std::string in_quotes(std::string_view text) {
  return "'" + shorten(printable(text), 40) + "'";
}

/// What of `text` comes before `sign`; the rest, without it, stays. All of it when it is not there.
std::string_view cut_before(std::string_view& text, char sign) {
  const std::size_t end = std::min(text.find(sign), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

struct Setting {
  std::string_view name;
  double least, most;
  std::string_view range;  ///< the same for a person
  double* value;
};

std::string ranges_of(std::span<const Setting> settings) {
  std::string text;
  for (const Setting& each : settings) {
    text.append(text.empty() ? "" : ", ").append(each.name).append("=").append(each.range);
  }
  return text;
}

/// Reads "pitch=180&rate=1.1" into `settings`. What is wrong, or nothing.
std::optional<std::string> read_settings(std::string_view text, std::span<const Setting> settings) {
  while (!text.empty()) {
    std::string_view value = cut_before(text, '&');
    const std::string_view name = cut_before(value, '=');
    const auto setting = std::find_if(settings.begin(), settings.end(),
                                      [&](const Setting& each) { return each.name == name; });
    double number = 0;
    const auto* const end = value.data() + value.size();
    const auto [read_to, fault] = std::from_chars(value.data(), end, number);
    const bool is_number = !value.empty() && fault == std::errc{} && read_to == end;
    if (setting == settings.end() || !is_number || !(number >= setting->least && number <= setting->most)) {
      return in_quotes(std::string(name).append("=").append(value)) + " cannot be set; there are " +
             ranges_of(settings);
    }
    *setting->value = number;
  }
  return std::nullopt;
}

tl::expected<EmbeddedVoice, std::string> read_flite(std::string_view speaker, std::string_view settings) {
  if (!has(speakers, speaker)) {
    return Wrong(in_quotes(speaker) + " is no speaker of flite; there are " + joined(speakers));
  }
  FliteVoice voice{.speaker = std::string(speaker)};
  const std::array known{Setting{"rate", 0.5, 2, "0.5 to 2", &voice.rate},
                         Setting{"formants", 0.85, 1.2, "0.85 to 1.2", &voice.formants},
                         Setting{"pitch", 60, 350, "60 to 350 Hz", &voice.pitch}};
  // The speaker rms has its own melody recorded; of him only the size can be changed.
  const auto usable = std::span(known).first(speaker == "rms" ? 2 : 3);
  if (auto wrong = read_settings(settings, usable)) return Wrong(std::move(*wrong));
  return voice;
}

tl::expected<EmbeddedVoice, std::string> read_espeak(std::string_view speaker, std::string_view settings) {
  const bool has_variant = speaker.find('+') != std::string_view::npos;
  std::string_view variant = speaker;
  const std::string language = lower_ascii(cut_before(variant, '+'));
  if (!has(espeak_languages, language)) {
    return Wrong(in_quotes(language) + " is no language of espeak-ng; write it as fr, de, pt-br, cmn");
  }
  if (has_variant && !has(variants, variant)) {
    return Wrong(in_quotes(variant) + " is no variant of espeak-ng; there are " + joined(variants));
  }
  double pitch = 50;
  double rate = 175;
  const std::array known{Setting{"pitch", 0, 99, "0 to 99", &pitch},
                         Setting{"rate", 80, 450, "80 to 450 words a minute", &rate}};
  if (auto wrong = read_settings(settings, known)) return Wrong(std::move(*wrong));
  return EspeakVoice{.language = language,
                     .variant = std::string(variant),
                     .pitch = static_cast<int>(std::lround(pitch)),
                     .rate = static_cast<int>(std::lround(rate))};
}

}  // namespace

tl::expected<EmbeddedVoice, std::string> read_embedded_voice(std::string_view name) {
  std::string_view settings = name;
  std::string_view speaker = cut_before(settings, '?');
  const std::string_view engine = cut_before(speaker, ':');
  if (engine == "flite") return read_flite(speaker, settings);
  if (engine == "espeak") return read_espeak(speaker, settings);
  return Wrong("write it as flite:slt?pitch=180&rate=1.1 or espeak:fr+f3?pitch=60&rate=165");
}

std::optional<std::string> espeak_language(std::string_view tag) {
  std::string language = lower_ascii(tag.substr(0, tag.find('/')));
  std::replace(language.begin(), language.end(), '_', '-');
  while (true) {
    if (has(espeak_languages, language)) return language;
    const std::size_t last_part = language.rfind('-');
    if (last_part == std::string::npos) break;
    language.resize(last_part);
  }
  const auto near = std::find_if(near_languages.begin(), near_languages.end(),
                                 [&](const auto& each) { return each.first == language; });
  if (near == near_languages.end()) return std::nullopt;
  return std::string(near->second);
}

}  // namespace unmuted
