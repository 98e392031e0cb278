#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace unmuted {

/// What has come of a text and is not understood yet: taken piece by piece, and sometimes put back.
class PendingText {
 public:
  void feed(std::string_view piece) { text_ += piece; }

  [[nodiscard]] bool empty() const { return at_ == text_.size(); }
  [[nodiscard]] char front() const { return text_[at_]; }
  [[nodiscard]] std::string_view rest() const { return std::string_view(text_).substr(at_); }

  // What is taken lasts until the next call that is not const, and that is not one of these.
  std::string_view take(std::size_t length) {
    const std::string_view taken = rest().substr(0, length);
    at_ += taken.size();
    return taken;
  }
  /// What comes before the first of these signs, or everything.
  std::string_view take_up_to(std::string_view signs) { return take(rest().find_first_of(signs)); }
  /// As many of these signs as come next.
  std::string_view take_all_of(std::string_view signs) { return take(rest().find_first_not_of(signs)); }

  /// `text` comes next, in the place of what has been taken since forget_taken().
  void put_back(std::string_view text) {
    text_.replace(0, at_, text);
    at_ = 0;
  }
  /// What has been taken is of no more use.
  void forget_taken() { put_back({}); }

 private:
  std::string text_;
  std::size_t at_ = 0;  ///< where the rest begins
};

}  // namespace unmuted
