#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json_fwd.hpp>

namespace unmuted::events {

/// Writes JSON straight into a frame, in the order of the calls. Any bytes of a text give valid JSON: what is
/// no UTF-8 becomes U+FFFD.
class JsonWriter {
 public:
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  void key(std::string_view name) {
    separate();
    out_.append(1, '"').append(name).append("\":");
    first_ = true;  // what follows is this key's value
  }

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool b) {
    separate();
    out_ += b ? "true" : "false";
  }
  void value(std::integral auto number) {
    separate();
    out_ += std::to_string(number);
  }
  void value(double number);  ///< null, where JSON has no such number
  void value(std::nullptr_t) {
    separate();
    out_ += "null";
  }
  template <class T>
  void value(const std::optional<T>& maybe) {
    if (maybe) {
      value(*maybe);
    } else {
      value(nullptr);
    }
  }
  void tree(const nlohmann::json& tree);
  void base64(std::span<const std::byte> bytes);
  /// A value that is JSON already.
  void written(std::string_view json) {
    separate();
    out_ += json;
  }

  template <class T>
  void field(std::string_view name, const T& v) {
    key(name);
    value(v);
  }

  template <class Items, class Write>
  void array(std::string_view name, const Items& items, Write write_item) {
    key(name);
    begin_array();
    for (const auto& item : items) write_item(item);
    end_array();
  }

  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  std::string take() { return std::move(out_); }

 private:
  void separate() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void open(char bracket) {
    separate();
    out_ += bracket;
    first_ = true;
  }
  void close(char bracket) {
    out_ += bracket;
    first_ = false;
  }
  void quote(std::string_view text);
  void escape(unsigned char byte);

  std::string out_;
  bool first_ = true;  // nothing has been written yet in the open object or array
};

}  // namespace unmuted::events
