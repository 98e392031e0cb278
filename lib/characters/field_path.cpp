#include "characters/field_path.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <numeric>

#include "core/ascii.hpp"

namespace unmuted {
namespace {

bool is_identifier(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

/// The number of letters to insert, drop or change between two texts.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

}  // namespace

std::string field_path(std::string_view parent, std::string_view key) {
  std::string path(parent);
  if (!is_identifier(key)) return path.append("[\"").append(key).append("\"]");
  if (!path.empty()) path += '.';
  return path.append(key);
}

std::string field_path(std::string_view parent, std::size_t index) {
  return std::string(parent).append("[").append(std::to_string(index)).append("]");
}

FieldStep take_step(std::string_view& path) {
  const auto take_until = [&path](std::string_view end) {
    const std::string_view taken = path.substr(0, path.find(end));
    path.remove_prefix(std::min(path.size(), taken.size() + end.size()));
    return taken;
  };
  if (path.starts_with("[\"")) {
    path.remove_prefix(2);
    return {take_until("\"]"), 0};
  }
  if (path.starts_with('[')) {
    path.remove_prefix(1);
    const std::string_view number = take_until("]");
    FieldStep step;
    std::from_chars(number.data(), number.data() + number.size(), step.index);
    return step;
  }
  if (path.starts_with('.')) path.remove_prefix(1);
  const std::string_view key = path.substr(0, path.find_first_of(".["));
  path.remove_prefix(key.size());
  return {key, 0};
}

std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& known) {
  constexpr std::size_t longest = 64;  // the work is bounded whatever a script calls its fields
  std::string_view nearest;
  const std::size_t allowed = name.size() < 4 ? 1 : std::max<std::size_t>(2, name.size() / 3);
  std::size_t distance = allowed + 1;
  if (name.size() > longest) return nearest;
  for (const std::string_view candidate : known) {
    const std::size_t d = edit_distance(name, candidate);
    if (d < distance) {
      distance = d;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace unmuted
