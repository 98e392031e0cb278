#pragma once

#include <cstddef>
#include <string_view>

#include "services/reply_markup.hpp"

namespace unmuted {

/// Finds inline code in a text that comes in pieces: from backticks to as many of them on the same line.
class CodeSpans {
 public:
  void take(std::string_view text);

  /// How many backticks close the code that goes on here; 0 when there is none.
  [[nodiscard]] std::size_t closer() const {
    if (run_ == 0 || (open_ != 0 && run_ != open_)) return open_;
    return open_ == 0 ? run_ : 0;
  }
  /// Whether the code begins here.
  [[nodiscard]] bool begins() const { return run_ != 0 && open_ == 0; }

  /// Whether something that stands here, before `after`, is in code: that must end on its line, for a
  /// backtick may also stand alone. `ended`: nothing comes after `after`.
  [[nodiscard]] Markup::Fit encloses_before(std::string_view after, bool ended) const;

 private:
  std::size_t open_ = 0;  ///< backticks that the code before the last ones began with
  std::size_t run_ = 0;   ///< backticks that the text ends with
};

}  // namespace unmuted
