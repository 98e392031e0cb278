#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "services/bounded_text.hpp"
#include "services/code_spans.hpp"
#include "services/reply_markup.hpp"

namespace unmuted {

/// The text of a reply that is expected to begin in the middle of a thought, while it may be one.
class HeldReply {
 public:
  static constexpr std::size_t max_bytes = 256U << 10U;

  void hold(std::string_view text);

  /// Whether a closer of thoughts that stands here, before `after`, closes this one. Thoughts have odd
  /// backticks: only a closer that is code all by itself does not. `ended`: nothing comes after `after`.
  [[nodiscard]] Markup::Fit closes_before(std::string_view after, bool ended) const;

  /// Only blanks have come.
  [[nodiscard]] bool is_blank() const;
  /// More has come than can be held.
  [[nodiscard]] bool is_too_long() const { return text_.is_too_long(); }
  /// What was held, which is no thought; nothing when it is too long.
  std::string take() { return text_.take(); }

 private:
  BoundedText text_{max_bytes};
  CodeSpans code_;
};

}  // namespace unmuted
