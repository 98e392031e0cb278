#include "events/long_audio.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <nlohmann/json.hpp>

namespace unmuted::events {
namespace {

using nlohmann::json;

/// Finds the event's last field "audio" in a text that may be cut off. `come_to` is the end of what was read.
class AudioFinder final : public nlohmann::json_sax<json> {
 public:
  explicit AudioFinder(const char* const& come_to) : come_to_(come_to) {}

  /// The end of its key; null when there is none.
  [[nodiscard]] const char* end_of_key() const { return end_of_key_; }

  bool null() override { return depth_ > 0; }
  bool boolean(bool) override { return depth_ > 0; }
  bool number_integer(number_integer_t) override { return depth_ > 0; }
  bool number_unsigned(number_unsigned_t) override { return depth_ > 0; }
  bool number_float(number_float_t, const string_t&) override { return depth_ > 0; }
  bool string(string_t&) override { return depth_ > 0; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return ++depth_ > 0; }
  bool end_object() override { return --depth_ > 0; }
  bool start_array(std::size_t) override { return ++depth_ > 1; }
  bool end_array() override { return --depth_ > 0; }
  bool key(string_t& name) override {
    if (depth_ == 1 && name == "audio") end_of_key_ = come_to_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  const char* const& come_to_;
  const char* end_of_key_ = nullptr;
  int depth_ = 0;
};

/// A text as the parser reads it, which says how far it has come.
struct Reading {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  reference operator*() const { return *at; }
  Reading& operator++() {
    *come_to = ++at;
    return *this;
  }
  bool operator==(const Reading& other) const { return at == other.at; }
  bool operator!=(const Reading& other) const { return at != other.at; }

  const char* at;
  const char** come_to;
};

}  // namespace

std::optional<std::string_view> long_audio(std::string_view text) {
  constexpr std::size_t soon = 4U << 10U;
  const char* come_to = text.data();
  AudioFinder finder(come_to);
  json::sax_parse(Reading{text.data(), &come_to}, Reading{text.data() + std::min(soon, text.size()), nullptr},
                  &finder);
  if (finder.end_of_key() == nullptr) return std::nullopt;
  std::size_t at = static_cast<std::size_t>(finder.end_of_key() - text.data());
  for (const char sign : {':', '"'}) {
    at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
    if (at == text.size() || text[at] != sign) return std::nullopt;
    ++at;
  }
  const std::size_t end = text.find('"', at);
  if (end == std::string_view::npos) return std::nullopt;
  return text.substr(at, end - at);
}

std::string without_escapes(std::string_view base64) {
  std::string text;
  text.reserve(base64.size());
  while (!base64.empty()) {
    const std::size_t escape = base64.find("\\/");
    text += base64.substr(0, escape);
    base64.remove_prefix(escape == std::string_view::npos ? base64.size() : escape + 1);
  }
  return text;
}

}  // namespace unmuted::events
