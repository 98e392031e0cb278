#include "services/kyutai/messages.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

namespace unmuted::kyutai {
namespace {

using nlohmann::json;

constexpr std::size_t pause_head = 2;  ///< of the predictions of a step, the one for pauses
constexpr int deepest = 4;             ///< values within values: the reader recurses

/// Takes the fields as they come: a frame of sound has too many numbers for a tree of JSON.
class Fields final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override { return number(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return number(value); }
  bool binary(binary_t&) override { return true; }
  bool start_array(std::size_t size) override {
    if (into_samples()) samples.reserve(std::min<std::size_t>(size, audio::sample_rate));
    return ++depth_ <= deepest;
  }
  bool end_array() override { return leave(); }
  bool start_object(std::size_t) override { return ++depth_ <= deepest; }
  bool end_object() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    field_ = Field::other;
    if (name == "pcm") field_ = Field::pcm;
    if (name == "prs") field_ = Field::prs;
    if (name == "type") field_ = Field::type;
    if (name == "text") field_ = Field::text;
    if (name == "message") field_ = Field::message;
    if (name == "start_time" || name == "start_s") field_ = Field::start;
    if (name == "stop_s") field_ = Field::stop;
    return true;
  }

  bool string(string_t& value) override {
    if (depth_ != 1) return true;
    if (field_ == Field::type) type = value;
    if (field_ == Field::text) text = value;
    if (field_ == Field::message) message = value;
    return true;
  }

  std::string type;
  std::string text;
  std::string message;
  double start = 0;
  double stop = 0;
  std::vector<double> predictions;
  audio::Samples samples;

 private:
  enum class Field { other, type, text, message, start, stop, prs, pcm };

  [[nodiscard]] bool into_samples() const { return field_ == Field::pcm; }

  bool number(double value) {
    if (!std::isfinite(value)) value = 0;
    if (depth_ == 1 && field_ == Field::start) start = value;
    if (depth_ == 1 && field_ == Field::stop) stop = value;
    if (depth_ == 2 && into_samples()) samples.push_back(static_cast<float>(std::clamp(value, -1.0, 1.0)));
    if (depth_ == 2 && field_ == Field::prs && predictions.size() <= pause_head) predictions.push_back(value);
    return true;
  }

  bool leave() {
    --depth_;
    return true;
  }

  int depth_ = 0;
  Field field_ = Field::other;
};

std::optional<double> pause_of(const std::vector<double>& predictions) {
  if (predictions.size() <= pause_head) return std::nullopt;
  return std::clamp(predictions[pause_head], 0.0, 1.0);
}

void put_text(std::string& bytes, std::string_view text) {
  if (text.size() < 32) {
    bytes += static_cast<char>(0xa0U | text.size());
  } else {
    bytes += '\xdb';
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(text.size() >> shift & 0xffU);
  }
  bytes += text;
}

/// A map whose first field is the type.
std::string begin_message(std::string_view type, std::size_t further_fields) {
  std::string bytes(1, static_cast<char>(0x80U | (1 + further_fields)));
  put_text(bytes, "type");
  put_text(bytes, type);
  return bytes;
}

}  // namespace

Result<Message> read_message(std::string_view bytes) {
  Fields fields;
  const bool whole = json::sax_parse(bytes, &fields, json::input_format_t::msgpack);
  if (!whole || fields.type.empty()) return fail("invalid_response", "It sent what is no message");
  if (fields.type == "Audio") return Audio{std::move(fields.samples)};
  if (fields.type == "Step") return Step{pause_of(fields.predictions)};
  if (fields.type == "Word") return Word{std::move(fields.text), fields.start};
  if (fields.type == "Text") return Text{std::move(fields.text), fields.start, fields.stop};
  if (fields.type == "Ready") return Ready{};
  if (fields.type == "Error") return ServiceError{std::move(fields.message)};
  return OtherMessage{};
}

/// Every sample is a byte that says so, and the four of the number, the highest first.
std::string audio_message(std::span<const float> samples) {
  std::string bytes = begin_message("Audio", 1);
  put_text(bytes, "pcm");
  bytes += '\xdd';
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(samples.size() >> shift & 0xffU);
  std::size_t at = bytes.size();
  bytes.resize(at + 5 * samples.size());
  for (const float sample : samples) {
    const auto bits = std::bit_cast<std::uint32_t>(sample);
    bytes[at] = '\xca';
    bytes[at + 1] = static_cast<char>(bits >> 24U);
    bytes[at + 2] = static_cast<char>(bits >> 16U);
    bytes[at + 3] = static_cast<char>(bits >> 8U);
    bytes[at + 4] = static_cast<char>(bits);
    at += 5;
  }
  return bytes;
}

std::string text_message(std::string_view text) {
  std::string bytes = begin_message("Text", 1);
  put_text(bytes, "text");
  put_text(bytes, text);
  return bytes;
}

std::string end_message() {
  return begin_message("Eos", 0);
}

}  // namespace unmuted::kyutai
