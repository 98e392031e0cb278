#include "events/json_writer.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/base64.hpp"
#include "core/utf8.hpp"

namespace unmuted::events {

using nlohmann::json;

void JsonWriter::value(std::string_view text) {
  separate();
  if (is_utf8(text)) {
    quote(text);
  } else {
    out_ += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  }
}

void JsonWriter::value(double number) {
  separate();
  if (!std::isfinite(number)) {
    out_ += "null";
    return;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out_.append(digits.data(), end);
}

void JsonWriter::tree(const json& tree) {
  separate();
  out_ += tree.dump(-1, ' ', false, json::error_handler_t::replace);
}

void JsonWriter::base64(std::span<const std::byte> bytes) {
  separate();
  out_ += '"';
  append_base64(out_, bytes);
  out_ += '"';
}

void JsonWriter::quote(std::string_view text) {
  out_ += '"';
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out_.append(text, done, i - done);
    escape(byte);
    done = i + 1;
  }
  out_.append(text, done);
  out_ += '"';
}

void JsonWriter::escape(unsigned char byte) {
  static constexpr std::string_view digits = "0123456789abcdef";
  if (byte == '"' || byte == '\\') {
    out_.append(1, '\\').append(1, static_cast<char>(byte));
  } else if (byte == '\n') {
    out_ += "\\n";
  } else {
    out_.append("\\u00").append(1, digits[byte >> 4U]).append(1, digits[byte & 0xFU]);
  }
}

}  // namespace unmuted::events
