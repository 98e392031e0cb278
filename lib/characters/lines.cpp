#include "characters/lines.hpp"

#include <algorithm>

#include "characters/script/lexer.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// The next line break at or behind `at`, or the end.
std::size_t end_of_line(std::string_view source, std::size_t at) {
  return std::min(source.find_first_of("\r\n", at), source.size());
}

}  // namespace

Position position_of(std::string_view source, std::size_t offset) {
  offset = std::min(offset, source.size());
  Position position{1, 0};
  std::size_t begin = source.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  while (true) {
    const std::size_t end = end_of_line(source, begin);
    const std::size_t next = end + script::line_break_at(source, end);
    if (next == end || next > offset) break;
    begin = next;
    ++position.line;
  }
  begin = std::min(begin, offset);
  position.column = 1 + static_cast<int>(utf8_length(source.substr(begin, offset - begin)));
  return position;
}

std::size_t line_begin(std::string_view source, int number) {
  std::size_t begin = source.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  for (int line = 1; line < number; ++line) {
    const std::size_t end = end_of_line(source, begin);
    if (end == source.size()) return end;
    begin = end + script::line_break_at(source, end);
  }
  return begin;
}

std::string_view line_of(std::string_view source, int number) {
  if (number < 1) return {};
  const std::size_t begin = line_begin(source, number);
  return source.substr(begin, end_of_line(source, begin) - begin);
}

}  // namespace unmuted
