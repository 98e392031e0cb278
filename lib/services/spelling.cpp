#include "services/spelling.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

#include <utf8proc.h>

#include "core/unicode.hpp"

namespace unmuted {
namespace {

struct PlainForm {
  char32_t sign;
  std::string_view plain;
};

/// What Unicode does not take apart by itself.
constexpr std::array plain_forms = std::to_array<PlainForm>(
    {{U'\u2018', "'"},          {U'\u2019', "'"},           {U'\u201A', "'"},        {U'\u201C', "\""},
     {U'\u201D', "\""},         {U'\u201E', "\""},          {U'\u00AB', "\""},       {U'\u00BB', "\""},
     {U'\u2039', "'"},          {U'\u203A', "'"},           {U'\u2010', "-"},        {U'\u2011', "-"},
     {U'\u2012', "-"},          {U'\u2013', "-"},           {U'\u2014', ", "},       {U'\u2015', ", "},
     {U'\u2212', "-"},          {U'\u2044', "/"},           {U'\u00D7', " times "},  {U'\u00F7', " by "},
     {U'\u20AC', " euro "},     {U'\u00A3', " pound "},     {U'\u00A5', " yen "},    {U'\u00B0', " degree "},
     {U'\u00A7', " section "},  {U'\u00DF', "ss"},          {U'\u00C6', "AE"},       {U'\u00E6', "ae"},
     {U'\u0152', "OE"},         {U'\u0153', "oe"},          {U'\u00D8', "O"},        {U'\u00F8', "o"},
     {U'\u0141', "L"},          {U'\u0142', "l"},           {U'\u0110', "D"},        {U'\u0111', "d"},
     {U'\u00D0', "D"},          {U'\u00F0', "d"},           {U'\u00DE', "Th"},       {U'\u00FE', "th"},
     {U'\u0131', "i"},          {U'\u00A9', " copyright "}, {U'\u2260', " is not "}, {U'\u2264', " at most "},
     {U'\u2265', " at least "}, {U'\u221E', " infinity "}});

constexpr std::string_view symbols_read_out = "$%&+=@#*~^_/\\<>|";

/// Appends a part of a word, with whatever white space as one space between parts.
void append_part(std::string& text, std::string_view part) {
  for (const char c : part) {
    if (c != ' ')
      text += c;
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
  }
}

std::string without_last_space(std::string text) {
  if (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

/// The signs of ASCII that Unicode sees in one: é has an e in it.
void append_ascii_within(std::string& text, char32_t sign) {
  std::array<utf8proc_int32_t, 24> parts{};
  int boundary = 0;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
  const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(sign), parts.data(),
                                             static_cast<utf8proc_ssize_t>(parts.size()), options, &boundary);
  for (utf8proc_ssize_t i = 0; i < std::min<utf8proc_ssize_t>(count, parts.size()); ++i) {
    const auto part = static_cast<char32_t>(parts.at(static_cast<std::size_t>(i)));
    if (part == U'\u2044') append_part(text, "/");  // of ½
    if (part >= 0x20 && part < 0x7F) append_part(text, std::string(1, static_cast<char>(part)));
  }
}

void append_for_flite(std::string& text, char32_t sign, TextKind /*kind*/) {
  const auto* const known = std::find_if(plain_forms.begin(), plain_forms.end(),
                                         [&](const PlainForm& form) { return form.sign == sign; });
  if (known != plain_forms.end()) {
    append_part(text, known->plain);
    return;
  }
  append_ascii_within(text, sign);
}

void append_in_unicode(std::string& text, char32_t sign, TextKind kind) {
  if (kind == TextKind::invisible || kind == TextKind::pictograph) return;
  if (sign == U'[' && text.ends_with('[')) return;  // two begin phonemes
  if (sign == U'\u2014' || sign == U'\u2015') {
    append_part(text, ", ");
    return;
  }
  append_part(text, encode_utf8(sign));
}

/// White space as a space, every other sign as `append` spells it.
template <class Append>
std::string spelled(std::string_view word, Append append) {
  std::string text;
  for (std::size_t at = 0; at < word.size();) {
    const CodePoint next = code_point_at(word, at);
    at += std::max<std::size_t>(next.bytes, 1);
    const TextKind kind = kind_of(next.value);
    if (kind == TextKind::white_space || kind == TextKind::line_break)
      append_part(text, " ");
    else
      append(text, next.value, kind);
  }
  return without_last_space(std::move(text));
}

}  // namespace

std::string spelled_for_flite(std::string_view word) {
  return spelled(word, append_for_flite);
}

std::string spelled_in_unicode(std::string_view word) {
  return spelled(word, append_in_unicode);
}

bool is_heard(std::string_view spelled) {
  for (std::size_t at = 0; at < spelled.size();) {
    const CodePoint next = code_point_at(spelled, at);
    at += std::max<std::size_t>(next.bytes, 1);
    if (kind_of(next.value) == TextKind::word) return true;
    if (next.value < 0x80 && symbols_read_out.find(static_cast<char>(next.value)) != std::string_view::npos)
      return true;
  }
  return false;
}

}  // namespace unmuted
