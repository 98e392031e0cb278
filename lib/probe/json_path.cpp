#include "probe/json_path.hpp"

#include <charconv>

#include "core/utf8.hpp"

namespace unmuted::probe {
namespace {

constexpr std::size_t max_segments = 32;

}  // namespace

std::optional<JsonPath::Segment> JsonPath::parse_index(std::string_view inside) {
  if (inside == "*") return EveryElement{};
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(inside.data(), inside.data() + inside.size(), index);
  if (error != std::errc() || end != inside.data() + inside.size()) return std::nullopt;
  return index;
}

Result<JsonPath> JsonPath::parse(std::string_view text) {
  const auto invalid = [&](const std::string& why) {
    return fail("invalid_path", "'" + printable(text) + "' is not a path: " + why);
  };
  JsonPath path;
  path.text_ = text;
  std::size_t i = 0;
  while (i < text.size()) {
    if (path.segments_.size() == max_segments) return invalid("more than 32 steps");
    if (text[i] == '[') {
      const std::size_t end = text.find(']', i);
      if (end == std::string_view::npos) return invalid("'[' without ']'");
      auto segment = parse_index(text.substr(i + 1, end - i - 1));
      if (!segment) return invalid("between '[' and ']' stands a number or '*'");
      path.segments_.push_back(std::move(*segment));
      i = end + 1;
    } else {
      const std::size_t end = std::min(text.find_first_of(".[", i), text.size());
      if (end == i) return invalid("a key is empty");
      path.segments_.emplace_back(std::string(text.substr(i, end - i)));
      i = end;
    }
    if (i == text.size()) break;
    if (text[i] == '.' && ++i == text.size()) return invalid("it ends with a dot");
  }
  if (path.segments_.empty()) return invalid("it is empty");
  while (path.first_star_ < path.segments_.size() &&
         !std::holds_alternative<EveryElement>(path.segments_[path.first_star_])) {
    ++path.first_star_;
  }
  return path;
}

/// The node that the segments [first, last) lead to, none of them a star.
const Json* JsonPath::walk(const Json& node, std::size_t first, std::size_t last) const {
  const Json* here = &node;
  for (std::size_t i = first; i < last; ++i) {
    if (const auto* key = std::get_if<std::string>(&segments_[i])) {
      if (!here->is_object()) return nullptr;
      const auto found = here->find(*key);
      if (found == here->end()) return nullptr;
      here = &*found;
    } else {
      const std::size_t index = std::get<std::size_t>(segments_[i]);
      if (!here->is_array() || index >= here->size()) return nullptr;
      here = &(*here)[index];
    }
  }
  return here;
}

void JsonPath::collect(const Json& node, std::size_t segment, Json& found) const {
  std::size_t star = segment;
  while (star < segments_.size() && !std::holds_alternative<EveryElement>(segments_[star])) ++star;
  const Json* here = walk(node, segment, star);
  if (here == nullptr) return;
  if (star == segments_.size()) {
    found.push_back(*here);
  } else if (here->is_array()) {
    for (const Json& element : *here) collect(element, star + 1, found);
  }
}

std::optional<Json> JsonPath::of(const Json& document) const {
  const Json* start = walk(document, 0, first_star_);
  if (start == nullptr) return std::nullopt;
  if (first_star_ == segments_.size()) return *start;
  if (!start->is_array()) return std::nullopt;
  Json found = Json::array();
  collect(document, 0, found);
  return found;
}

}  // namespace unmuted::probe
