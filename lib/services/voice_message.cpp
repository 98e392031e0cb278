#include "services/voice_message.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

namespace unmuted {
namespace {

using nlohmann::json;

constexpr std::uint64_t most_numbers = 1U << 24U;

/// Looks at a message without making a tree of it. A handler that answers false ends the reading.
class VoiceMessage final : public json::json_sax_t {
 public:
  [[nodiscard]] bool is_voice() const {
    return is_map_ && typed_ && numbers_ > 0 && shaped_ && numbers_ == product_;
  }

  bool null() override { return other(); }
  bool boolean(bool) override { return other(); }
  bool number_integer(std::int64_t value) override {
    return value < 0 ? number() : number_unsigned(static_cast<std::uint64_t>(value));
  }
  bool number_unsigned(std::uint64_t value) override {
    if (!in("shape")) return number();
    if (value == 0 || value > most_numbers) return false;
    product_ *= value;
    return product_ <= most_numbers;
  }
  bool number_float(double, const std::string&) override { return number(); }
  bool string(std::string& value) override {
    if (depth_ == 1 && field_ == "type") typed_ = value == "Voice";
    return other();
  }
  bool binary(json::binary_t&) override { return other(); }

  bool start_object(std::size_t) override {
    if (depth_ == 0) is_map_ = true;
    return enter();
  }
  bool key(std::string& name) override {
    if (depth_ == 1) field_ = name;
    return true;
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override {
    if (depth_ == 1 && field_ == "shape") shaped_ = true;
    return enter();
  }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const json::exception&) override { return false; }

 private:
  static constexpr std::size_t max_depth = 8;

  [[nodiscard]] bool in(const char* field) const { return depth_ == 2 && field_ == field; }
  /// Neither embeddings nor a shape hold anything but numbers.
  [[nodiscard]] bool other() const { return !in("embeddings") && !in("shape"); }
  bool enter() { return other() && ++depth_ <= max_depth; }
  bool leave() {
    --depth_;
    return true;
  }

  bool number() {
    if (in("shape")) return false;
    if (in("embeddings")) ++numbers_;
    return true;
  }

  std::size_t depth_ = 0;
  std::string field_;
  bool is_map_ = false;
  bool typed_ = false;
  bool shaped_ = false;
  std::uint64_t numbers_ = 0;
  std::uint64_t product_ = 1;
};

}  // namespace

bool is_voice_message(std::string_view bytes) {
  VoiceMessage message;
  return json::sax_parse(bytes, &message, json::input_format_t::msgpack) && message.is_voice();
}

}  // namespace unmuted
