#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace unmuted::markdown {

/// A tag that opens or closes an element, or a declaration such as <!…>.
struct HtmlTag {
  std::string name;  ///< lower case; empty of a declaration
  std::string_view attributes;
};

/// The tag `<inside>`, if it is one. `in_word`: a letter or digit stands before it, as in vector<int>, which
/// has none.
std::optional<HtmlTag> html_tag(std::string_view inside, bool in_word);

/// Whether it may stand inside a word, as in H<sub>2</sub>O: every other one parts words.
bool is_inline_tag(std::string_view name);
/// Whether it is one that text goes on behind as after a blank.
bool is_breaking_tag(std::string_view name);

/// What an image says of itself; empty when it has nothing to say.
std::string_view alternative_text(std::string_view attributes);

/// "script" or "style" when that is what a tag, "<script …>" or "</script>", begins or ends; else nothing.
std::string_view hidden_element(std::string_view tag);

}  // namespace unmuted::markdown
