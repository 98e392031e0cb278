#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace unmuted {

/// A text that is given up as a whole once it is longer than it may be.
class BoundedText {
 public:
  /// `max`: in bytes.
  explicit BoundedText(std::size_t max) : max_(max) {}

  void append(std::string_view text) {
    too_long_ = too_long_ || text_.size() + text.size() > max_;
    if (too_long_) text_.clear();
    if (!too_long_) text_ += text;
  }

  [[nodiscard]] bool is_too_long() const { return too_long_; }
  /// Empty when it is too long.
  [[nodiscard]] const std::string& text() const { return text_; }

  /// The text; another begins.
  std::string take() {
    too_long_ = false;
    return std::exchange(text_, {});
  }

 private:
  std::size_t max_;
  std::string text_;
  bool too_long_ = false;
};

}  // namespace unmuted
