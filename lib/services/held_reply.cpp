#include "services/held_reply.hpp"

#include "services/text_signs.hpp"

namespace unmuted {

using Fit = Markup::Fit;

void HeldReply::hold(std::string_view text) {
  text_.append(text);
  code_.take(text);
}

Fit HeldReply::closes_before(std::string_view after, bool ended) const {
  if (!code_.begins()) return Fit::whole;
  if (after.empty() && !ended) return Fit::unsure;
  return after.starts_with('`') ? Fit::none : Fit::whole;
}

bool HeldReply::is_blank() const {
  return is_all_blank(text_.text()) && !is_too_long();
}

}  // namespace unmuted
