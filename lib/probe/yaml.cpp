#include "probe/yaml.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace unmuted::probe {
namespace {

constexpr std::size_t max_depth = 40;
constexpr std::size_t max_values = 100'000;

// Aliases make a graph of the document; walking it as a tree bounds what they can blow up to.
void check_tree(const YAML::Node& node, std::size_t depth, std::size_t& values) {
  if (depth > max_depth) fault(node, "nested more than 40 deep");
  if (++values > max_values) fault(node, "more than 100000 values in one file");
  if (node.IsSequence()) {
    for (const YAML::Node& child : node) check_tree(child, depth + 1, values);
  } else if (node.IsMap()) {
    std::set<std::string> keys;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) fault(entry.first, "a key must be a text");
      if (!keys.insert(entry.first.Scalar()).second) {
        fault(entry.first, "the key '" + entry.first.Scalar() + "' stands here twice");
      }
      check_tree(entry.second, depth + 1, values);
    }
  }
}

template <class Number>
std::optional<Number> to_number(const std::string& text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Json plain_scalar(const std::string& text) {
  if (text.empty() || text == "~" || text == "null") return nullptr;
  if (text == "true") return true;
  if (text == "false") return false;
  if (const auto integer = to_number<std::int64_t>(text)) return *integer;
  if (const auto real = to_number<double>(text); real && std::isfinite(*real)) return *real;
  return text;
}

/// The smallest number of letters to change, insert or drop that makes `a` of `b`.
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

void fault(const YAML::Node& node, std::string message) {
  throw YamlFault{place_of(node), std::move(message)};
}

Place place_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return {mark.line + 1, mark.column + 1};
}

YAML::Node load_yaml(std::string_view text) {
  const auto documents = YAML::LoadAll(std::string(text));
  if (documents.size() > 1) fault(documents[1], "a second document in the file");
  YAML::Node root = documents.empty() ? YAML::Node() : documents.front();
  std::size_t values = 0;
  check_tree(root, 0, values);
  return root;
}

Json to_json(const YAML::Node& node) {
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const YAML::Node& child : node) list.push_back(to_json(child));
    return list;
  }
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& entry : node) object[entry.first.Scalar()] = to_json(entry.second);
    return object;
  }
  if (!node.IsScalar()) return nullptr;
  return node.Tag() == "!" ? Json(node.Scalar()) : plain_scalar(node.Scalar());
}

std::string to_text(const YAML::Node& node) {
  if (!node.IsScalar()) fault(node, "a text must stand here");
  return node.Scalar();
}

std::size_t to_count(const YAML::Node& node, std::size_t most) {
  const auto number = node.IsScalar() ? to_number<std::size_t>(node.Scalar()) : std::nullopt;
  if (!number || *number > most)
    fault(node, "a whole number from 0 to " + std::to_string(most) + " must stand here");
  return *number;
}

Milliseconds to_duration(const YAML::Node& node) {
  const auto time = node.IsScalar() ? parse_duration(node.Scalar()) : std::nullopt;
  if (!time) fault(node, "a time must stand here, as 150ms, 2s or 1m, ten minutes at the most");
  return *time;
}

std::optional<Milliseconds> parse_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = to_number<double>(std::string(text.substr(0, digits)));
  const std::string_view unit = text.substr(digits);
  if (!number) return std::nullopt;
  double milliseconds = *number * 1000;
  if (unit == "ms") {
    milliseconds = *number;
  } else if (unit == "m") {
    milliseconds = *number * 60'000;
  } else if (!unit.empty() && unit != "s") {
    return std::nullopt;
  }
  if (milliseconds > 600'000) return std::nullopt;
  return Milliseconds(std::llround(milliseconds));
}

Mapping::Mapping(const YAML::Node& node, std::string what) : node_(node), what_(std::move(what)) {
  if (!node.IsMap()) fault(node, what_ + " must be a mapping");
}

bool Mapping::has(const std::string& key) const {
  return std::any_of(node_.begin(), node_.end(),
                     [&](const auto& entry) { return entry.first.Scalar() == key; });
}

std::optional<YAML::Node> Mapping::take(const std::string& key) {
  asked_.push_back(key);
  for (const auto& entry : node_) {
    if (entry.first.Scalar() == key) return entry.second;
  }
  return std::nullopt;
}

YAML::Node Mapping::need(const std::string& key) {
  auto value = take(key);
  if (!value) fault(node_, what_ + " needs the key '" + key + "'");
  return *value;
}

void Mapping::finish() const {
  for (const auto& entry : node_) {
    const std::string& key = entry.first.Scalar();
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    const auto nearest = std::min_element(asked_.begin(), asked_.end(), [&](const auto& a, const auto& b) {
      return distance(key, a) < distance(key, b);
    });
    std::string message = what_ + " has no key '" + key + "'";
    if (nearest != asked_.end() && distance(key, *nearest) <= 2)
      message += "; did you mean '" + *nearest + "'?";
    fault(entry.first, message);
  }
}

}  // namespace unmuted::probe
