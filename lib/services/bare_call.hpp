#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "services/json_extent.hpp"
#include "services/reply_markup.hpp"

namespace unmuted {

/// The beginning of JSON that may be a tool call without markup: an optional fence, and an object up to its
/// first key.
struct BareBegin {
  Markup::Fit fit = Markup::Fit::none;
  std::size_t json = 0;  ///< when whole: where the JSON begins, behind its fence
};

/// Whether `text` begins with that.
BareBegin bare_begin(std::string_view text);

/// A tool call that is JSON without markup, as it comes.
class BareCall {
 public:
  static constexpr std::size_t max_bytes = 64U << 10U;

  enum class Found { unfinished, whole, too_long };

  /// `fence`: what stands before its first byte.
  explicit BareCall(std::string_view fence) : fence_(fence) {}
  BareCall() = default;

  Found take(char c);

  [[nodiscard]] bool is_fenced() const { return !fence_.empty(); }
  [[nodiscard]] const std::string& json() const { return json_; }
  /// All of it, as it came.
  [[nodiscard]] std::string text() const { return fence_ + json_; }

 private:
  std::string fence_;
  std::string json_;
  JsonExtent extent_;
};

}  // namespace unmuted
