#include "conversation/markdown/address.hpp"

#include <algorithm>

#include "conversation/markdown/signs.hpp"
#include "core/unicode.hpp"

namespace unmuted::markdown {
namespace {

constexpr std::string_view mail_scheme = "mailto:";
constexpr std::string_view after_address = "<>\"`|*\\^{} \t\n\x1F";
constexpr std::string_view punctuation_after_address = ".,;:!?'_~";

bool starts_with_any_case(std::string_view text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  return std::equal(lower_case.begin(), lower_case.end(), text.begin(), [](char wanted, char c) {
    return c == wanted || (is_letter(c) && (c | 0x20) == wanted);
  });
}

/// The length of "https://" and its like at the beginning of `text`; 0 when there is none.
std::size_t scheme_length(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://", "ftp://"}) {
    if (starts_with_any_case(text, scheme)) return scheme.size();
  }
  return 0;
}

std::string_view host_of(std::string_view address) {
  std::string_view host = address.substr(scheme_length(address));
  host = host.substr(0, host.find_first_of("/?#\\"));
  if (const std::size_t user = host.rfind('@'); user != none) host.remove_prefix(user + 1);
  const std::size_t port = host.rfind(':');
  if (port != none && host.find(']', port) == none) host = host.substr(0, port);
  return host;
}

std::string_view without_punctuation(std::string_view address) {
  const std::size_t last = address.find_last_not_of(punctuation_after_address);
  return address.substr(0, last == none ? 0 : last + 1);
}

/// How far an address goes in running text: parentheses and brackets belong to it in pairs.
std::string_view address_in(std::string_view text) {
  std::size_t end = 0;
  int parentheses = 0, brackets = 0;
  while (end < text.size()) {
    const char c = text[end];
    if (is_one_of(c, after_address)) break;
    if ((c == ')' && --parentheses < 0) || (c == ']' && --brackets < 0)) break;
    parentheses += c == '(' ? 1 : 0;
    brackets += c == '[' ? 1 : 0;
    const CodePoint next = first_code_point(text.substr(end));
    if (next.value >= first_script_beyond_europe || next.bytes == 0 ||
        (next.value >= 0x80 && kind_of(next.value) != TextKind::word)) {
      break;
    }
    end += next.bytes;
  }
  return without_punctuation(text.substr(0, end));
}

bool may_be_in_host(CodePoint c) {
  return is_word_sign(c.value) || c.value == '.' || c.value == '-';
}

bool may_be_in_path(CodePoint c) {
  if (c.value >= 0x80) return is_word_sign(c.value);
  const auto sign = static_cast<char>(c.value);
  return is_word_sign(c.value) || (!is_one_of(sign, after_address) && !is_one_of(sign, "()[]"));
}

std::string_view prefix_of(std::string_view text, bool (*may_be_in)(CodePoint)) {
  std::size_t end = 0;
  while (end < text.size()) {
    const CodePoint next = first_code_point(text.substr(end));
    if (next.bytes == 0 || !may_be_in(next)) break;
    end += next.bytes;
  }
  return without_punctuation(text.substr(0, end));
}

bool has_foreign_letters(std::string_view text) {
  while (!text.empty()) {
    const CodePoint first = first_code_point(text);
    if (first.value >= first_script_beyond_europe) return true;
    text.remove_prefix(first.bytes);
  }
  return false;
}

/// A name such as \u4E2D\u6587.com after a scheme of that length. Its last part is in one script: Chinese
/// after "com" goes on with the text.
Address foreign_address(std::string_view text, std::size_t scheme) {
  if (scheme == 0) return {};
  std::string_view host = prefix_of(text.substr(scheme), may_be_in_host);
  const std::size_t last = host.rfind('.') + 1;
  if (last == 0 || last == host.size()) return {};
  std::size_t end = last;
  while (end < host.size() && static_cast<unsigned char>(host[end]) < 0x80) ++end;
  const bool whole = end == last || end == host.size();
  if (!whole) host = host.substr(0, end);
  if (!has_foreign_letters(host)) return {};
  const std::size_t host_end = scheme + host.size();
  const bool goes_on = whole && host_end < text.size() && is_one_of(text[host_end], ":/?#");
  return {host, host_end + (goes_on ? prefix_of(text.substr(host_end), may_be_in_path).size() : 0)};
}

Address mail_address(std::string_view text) {
  const std::string_view whole = address_in(text);
  const std::string_view address = whole.substr(0, whole.find('?'));
  if (address.find('@') == none) return {};
  return {address.substr(mail_scheme.size()), whole.size()};
}

}  // namespace

bool is_address(std::string_view text) {
  if (text.starts_with('<')) text = text.substr(1, text.find('>') - 1);
  if (text.empty()) return false;
  if (scheme_length(text) > 0 || starts_with_any_case(text, mail_scheme)) return true;
  return text.front() == '/' || text.front() == '#' || text.starts_with("./") || text.starts_with("../");
}

Address address_at(std::string_view text) {
  if (starts_with_any_case(text, mail_scheme)) return mail_address(text);
  const std::size_t scheme = scheme_length(text);
  if (const Address foreign = foreign_address(text, scheme); foreign.length > 0) return foreign;
  if (scheme == 0 && !starts_with_any_case(text, "www.")) return {};
  const std::string_view whole = address_in(text);
  if (whole.size() <= scheme) return {};
  const std::string_view host = host_of(whole);
  return host.empty() ? Address{} : Address{host, whole.size()};
}

std::optional<std::string_view> spoken_autolink(std::string_view inside) {
  if (inside.find_first_of(inline_blanks) != none) return std::nullopt;
  if (scheme_length(inside) > 0) return host_of(inside);
  const bool mail = inside.find('@') != none && inside.find('=') == none;
  if (!mail && !starts_with_any_case(inside, mail_scheme)) return std::nullopt;
  return inside.substr(inside.find(':') + 1);
}

}  // namespace unmuted::markdown
