#include "core/text_encoding.hpp"

#include <algorithm>

#include "core/unicode.hpp"

namespace unmuted {
namespace {

constexpr std::size_t looked_at = 4096;  ///< bytes, which is enough to tell

bool is_high(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

/// How many bytes at positions `first`, `first` + 2, … are zero.
std::size_t zeros_from(std::string_view bytes, std::size_t first) {
  std::size_t zeros = 0;
  for (std::size_t at = first; at < bytes.size(); at += 2) zeros += bytes[at] == '\0' ? 1U : 0U;
  return zeros;
}

}  // namespace

std::string_view wide_encoding(std::string_view bytes) {
  using std::operator""sv;
  if (bytes.starts_with("\xFF\xFE\0\0"sv)) return "UTF-32 (little-endian)";
  if (bytes.starts_with("\0\0\xFE\xFF"sv)) return "UTF-32 (big-endian)";
  if (bytes.starts_with("\xFF\xFE"sv)) return "UTF-16 (little-endian)";
  if (bytes.starts_with("\xFE\xFF"sv)) return "UTF-16 (big-endian)";
  // Without a mark: in a text that is mostly ASCII, one byte of each pair is zero and hardly ever the other.
  const std::string_view sample = bytes.substr(0, looked_at);
  const std::size_t pairs = sample.size() / 2;
  if (pairs < 2) return {};
  const std::size_t even = zeros_from(sample, 0), odd = zeros_from(sample, 1);
  if (even > pairs * 9 / 10 && odd > pairs * 4 / 10 && odd < pairs * 7 / 10) return "UTF-32 (big-endian)";
  if (odd > pairs * 9 / 10 && even > pairs * 4 / 10 && even < pairs * 7 / 10) return "UTF-32 (little-endian)";
  if (odd > pairs * 6 / 10 && even < pairs / 10 + 1) return "UTF-16 (little-endian)";
  if (even > pairs * 6 / 10 && odd < pairs / 10 + 1) return "UTF-16 (big-endian)";
  return {};
}

std::string_view likely_encoding(std::string_view bytes, std::size_t offset) {
  const std::string_view sample =
      bytes.substr(offset > looked_at / 2 ? offset - looked_at / 2 : 0, looked_at);
  std::size_t letters = 0, singles = 0, wrong = 0;
  for (std::size_t at = 0; at < sample.size();) {
    const CodePoint point = code_point_at(sample, at);
    const bool is_wrong = point.bytes == 1 && is_high(sample[at]);
    const bool has_high_neighbour =
        (at > 0 && is_high(sample[at - 1])) || (at + 1 < sample.size() && is_high(sample[at + 1]));
    wrong += is_wrong ? 1U : 0U;
    singles += is_wrong && !has_high_neighbour ? 1U : 0U;
    letters += point.bytes > 1 ? 1U : 0U;
    at += point.bytes;
  }
  if (letters > wrong) return "UTF-8";
  return singles * 2 >= wrong ? "Windows-1252 (Latin-1)" : std::string_view{};
}

}  // namespace unmuted
