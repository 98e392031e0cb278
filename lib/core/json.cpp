#include "core/json.hpp"

#include <string>
#include <utility>
#include <vector>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

using nlohmann::json;

/// Builds a tree from what the parser reads, and stops it where the tree would grow past a limit. Strings are
/// moved out of the parser, which its own tree builder does not do: some are megabytes of audio.
class TreeBuilder final : public nlohmann::json_sax<json> {
 public:
  explicit TreeBuilder(const JsonLimits& limits) : limits_(limits) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }  // JSON text has none
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    error_position_ = position;
    return false;
  }

  json take_root() { return std::move(root_); }
  [[nodiscard]] bool too_deep() const { return too_deep_; }
  [[nodiscard]] bool too_many() const { return values_ > limits_.max_values; }
  [[nodiscard]] std::size_t error_position() const { return error_position_; }

 private:
  json& place(json value) {
    if (open_.empty()) return root_ = std::move(value);
    json& parent = *open_.back();
    if (parent.is_object()) return parent[std::move(key_)] = std::move(value);
    parent.push_back(std::move(value));
    return parent.back();
  }

  bool put(json value) {
    if (++values_ > limits_.max_values) return false;
    place(std::move(value));
    return true;
  }

  bool open(json container) {
    too_deep_ = open_.size() == limits_.max_depth;
    if (too_deep_ || ++values_ > limits_.max_values) return false;
    open_.push_back(&place(std::move(container)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const JsonLimits& limits_;
  json root_;
  std::vector<json*> open_;  // a parent does not grow while its child is open, so these stay valid
  std::string key_;
  std::size_t values_ = 0;
  std::size_t error_position_ = 0;
  bool too_deep_ = false;
};

tl::unexpected<Error> invalid(std::string message) {
  return fail("invalid_json", std::move(message));
}

/// `position` counts from 1, and is the last byte that was read.
tl::unexpected<Error> malformed(std::string_view text, std::size_t position) {
  if (position > text.size() || text.empty()) {
    return invalid("Malformed JSON: it ends too early, after byte " + std::to_string(text.size()) + ".");
  }
  const std::size_t begin = position > 20 ? position - 20 : 0;
  return invalid("Malformed JSON at byte " + std::to_string(position) +
                 ", at the end of: " + printable(text.substr(begin, position - begin)));
}

/// Where white space has so many line breaks or tabs in a row that it was not written to be read; npos when
/// nowhere. The parser takes a fifth of a microsecond for each before it complains of what follows them.
std::size_t endless_white_space(std::string_view text) {
  constexpr std::size_t too_many = 4'096;
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n' || c == '\r' || c == '\t') {
      if (++count > too_many) return at;
    } else if (c != ' ') {
      count = 0;
    }
  }
  return std::string_view::npos;
}

std::size_t written_size(const std::string& text) {
  std::size_t size = 2;  // the quotes
  for (const char c : text) {
    const bool in_short = c == '"' || c == '\\' || (c >= '\b' && c <= '\r' && c != '\v');
    const bool control = static_cast<unsigned char>(c) < 0x20;
    size += in_short ? 2 : control ? 6 : 1;
  }
  return size;
}

}  // namespace

Result<json> read_json(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return invalid("The JSON is longer than " + std::to_string(limits.max_bytes) + " bytes.");
  }
  // The parser takes a NUL byte for the end of the text and would not see what follows it.
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) return malformed(text, nul + 1);
  if (const std::size_t at = endless_white_space(text); at != std::string_view::npos) {
    return invalid("Malformed JSON at byte " + std::to_string(at + 1) + ": too much white space in a row.");
  }
  TreeBuilder builder(limits);
  if (json::sax_parse(text, &builder)) return builder.take_root();
  if (builder.too_deep()) {
    return invalid("The JSON is nested deeper than " + std::to_string(limits.max_depth) + " levels.");
  }
  if (builder.too_many()) {
    return invalid("The JSON has more than " + std::to_string(limits.max_values) + " values.");
  }
  return malformed(text, builder.error_position());
}

std::string write_json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::size_t written_size(const json& value) {
  if (value.is_string()) return written_size(value.get_ref<const std::string&>());
  if (!value.is_structured()) return value.dump().size();   // of a number, or three words
  std::size_t size = value.empty() ? 2 : 1 + value.size();  // brackets, and the commas between
  for (const auto& [key, element] : value.items()) {
    if (value.is_object()) size += written_size(key) + 1;
    size += written_size(element);
  }
  return size;
}

}  // namespace unmuted
