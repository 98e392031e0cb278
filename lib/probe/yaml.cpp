#include "probe/yaml.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include <yaml-cpp/eventhandler.h>

#include "characters/field_path.hpp"
#include "core/utf8.hpp"
#include "probe/yaml_scalar.hpp"

namespace unmuted::probe {
namespace {

constexpr std::size_t max_depth = 40;
constexpr std::size_t max_values = 100'000;
constexpr std::size_t max_text = 16U << 20U;  ///< bytes in all scalars

// ---- the characters of the file

std::size_t length_of_character(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte >= 0xF0) return 4;
  if (byte >= 0xE0) return 3;
  return byte >= 0xC0 ? 2 : 1;
}

bool is_control(std::string_view character) {
  const auto byte = static_cast<unsigned char>(character.front());
  if (byte < 0x20) return byte != '\t' && byte != '\n' && byte != '\r';
  return byte == 0x7F;
}

[[noreturn]] void refuse_character(Place place, std::string_view file, std::string_view character) {
  const bool is_utf16 = file.starts_with("\xFF\xFE") || file.starts_with("\xFE\xFF");
  if (is_utf16 || character.front() == '\0')
    throw YamlFault{place, "the file is not UTF-8, but looks like UTF-16; save it as UTF-8"};
  if (!is_utf8(character)) throw YamlFault{place, "the file is not UTF-8; save it as UTF-8"};
  const std::string shown = printable(character);
  throw YamlFault{place, "the control character " + shown + " cannot stand in YAML; write it as \"" + shown +
                             "\", in double quotes"};
}

/// YAML is UTF-8 without control characters. The library below takes anything, and guesses.
void check_characters(std::string_view file) {
  Place place{1, 1};
  for (std::size_t at = 0; at < file.size();) {
    const std::string_view character = file.substr(at, length_of_character(file[at]));
    if (!is_utf8(character) || is_control(character)) refuse_character(place, file, character);
    at += character.size();
    ++place.column;
    if (character == "\n") place = {place.line + 1, 1};
  }
}

// ---- one document

/// Stops the parser at a second document: what it cannot read it may take for documents without end.
class OneDocument final : public YAML::EventHandler {
 public:
  explicit OneDocument(std::string_view file) : file_(file) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!std::exchange(begun_, true)) return;
    throw YamlFault{{mark.line + 1, mark.column + 1},
                    is_announced(mark)
                        ? "a second document in the file: a scenario is one"
                        : "nothing can stand here: what stands before it is complete. Is there a comma or "
                          "a bracket too many, or an indentation that differs?"};
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}

 private:
  /// Whether a line parts the document from the one before it.
  [[nodiscard]] bool is_announced(const YAML::Mark& mark) const {
    std::istringstream in{std::string(file_)};
    std::string line;
    for (int number = 0; number <= mark.line && std::getline(in, line); ++number) {
      if (line.starts_with("...")) return true;
    }
    return line.starts_with("---");
  }

  std::string_view file_;
  bool begun_ = false;
};

void check_documents(std::string_view text) {
  std::istringstream in{std::string(text)};
  YAML::Parser parser(in);
  OneDocument handler(text);
  while (parser.HandleNextDocument(handler)) {
  }
}

// ---- the tree

void check_scalar(const YAML::Node& node) {
  if (is_plain(node) || node.Tag() == "!") return;
  if (const auto value = tagged_value(node.Tag(), node.Scalar()); !value) fault(node, value.error());
}

void check_collection(const YAML::Node& node, std::string_view tag) {
  if (is_plain(node) || node.Tag() == "!" || short_tag(node.Tag()) == tag) return;
  fault(node, "the tag '" + short_tag(node.Tag()) + "' does not belong here: this is " + std::string(tag));
}

void check_key(const YAML::Node& key, std::set<std::string>& keys) {
  if (!key.IsScalar()) fault(key, "a key must be a text; what looks like null needs quotes");
  check_scalar(key);
  if (is_plain(key) && key.Scalar() == "<<") {
    fault(key,
          "YAML 1.2 merges no mappings: write the fields out, or put '<<' in quotes to mean a key of that "
          "name");
  }
  if (!keys.insert(key.Scalar()).second) fault(key, "the key '" + key.Scalar() + "' stands here twice");
}

/// What the tree has so far.
struct Size {
  std::size_t values = 0;
  std::size_t text = 0;  ///< bytes
};

void add_text(const YAML::Node& node, Size& size) {
  size.text += node.Scalar().size();
  if (size.text > max_text) fault(node, "more than 16 MiB of text in one file, its aliases written out");
}

// Aliases make a graph of the document; walking it as a tree bounds what they can blow up to.
void check_tree(const YAML::Node& node, std::size_t depth, Size& size) {
  if (depth > max_depth) fault(node, "nested more than 40 deep");
  if (++size.values > max_values) fault(node, "more than 100000 values in one file");
  if (node.IsSequence()) {
    check_collection(node, "!!seq");
    for (const YAML::Node& child : node) check_tree(child, depth + 1, size);
  } else if (node.IsMap()) {
    check_collection(node, "!!map");
    std::set<std::string> keys;
    for (const auto& entry : node) {
      check_key(entry.first, keys);
      add_text(entry.first, size);
      check_tree(entry.second, depth + 1, size);
    }
  } else if (node.IsScalar()) {
    add_text(node, size);
    check_scalar(node);
  }
}

void check_line(const YAML::Node& node, const std::string& what) {
  if (!ends_line(node.Scalar())) return;
  fault(node, what +
                  " has a line break or a NUL in it, which would end its line of the request: leave out \\r, "
                  "\\n and \\0. After '|' or '>' a text ends with a line break; '|-' and '>-' leave it out");
}

std::optional<Milliseconds> to_milliseconds(double number) {
  if (!(number >= 0 && number <= 600'000)) return std::nullopt;
  return Milliseconds(std::llround(number));
}

}  // namespace

void fault(const YAML::Node& node, std::string message) {
  throw YamlFault{place_of(node), std::move(message)};
}

Place place_of(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  if (mark.is_null()) return {1, 1};  // of a file with nothing in it
  return {mark.line + 1, mark.column + 1};
}

YAML::Node load_yaml(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  check_characters(text);
  check_documents(text);
  YAML::Node root = YAML::Load(std::string(text));
  Size size;
  check_tree(root, 0, size);
  return root;
}

bool is_plain(const YAML::Node& node) {
  return node.Tag().empty() || node.Tag() == "?";
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
  if (node.Tag() == "!") return node.Scalar();
  auto value = is_plain(node) ? plain_value(node.Scalar()) : tagged_value(node.Tag(), node.Scalar());
  if (!value) fault(node, value.error());
  return std::move(*value);
}

std::string to_text(const YAML::Node& node) {
  const bool is_text =
      node.IsScalar() && (is_plain(node) || node.Tag() == "!" || short_tag(node.Tag()) == "!!str");
  if (!is_text) fault(node, "a text must stand here");
  return node.Scalar();
}

std::size_t to_count(const YAML::Node& node, std::size_t most) {
  const Json number = node.IsScalar() ? to_json(node) : Json();
  if (number.is_number_integer() && number >= 0 && number <= most) return number.get<std::size_t>();
  fault(node, "a whole number from 0 to " + std::to_string(most) + " must stand here" +
                  (number.is_string() ? ", without quotes" : ""));
}

Milliseconds to_duration(const YAML::Node& node) {
  const Json value = node.IsScalar() ? to_json(node) : Json();
  auto time = value.is_string()   ? parse_duration(value.get_ref<const std::string&>())
              : value.is_number() ? to_milliseconds(value.get<double>() * 1000)
                                  : std::nullopt;
  if (!time) fault(node, "a time must stand here, as 150ms, 2s or 1m, ten minutes at the most");
  return *time;
}

std::string to_name(const YAML::Node& node) {
  std::string name = to_text(node);
  if (!is_name(name))
    fault(node, "'" + name + "' is no name: a letter, then letters, digits and _, 64 at the most");
  return name;
}

std::string to_line(const YAML::Node& node, const std::string& what) {
  std::string text = to_text(node);
  check_line(node, what);
  return text;
}

Headers to_headers(const YAML::Node& node) {
  if (!node.IsMap()) fault(node, "'headers' must be a mapping");
  Headers headers;
  for (const auto& entry : node) {
    check_line(entry.first, "the name of a header");
    headers.emplace_back(entry.first.Scalar(), to_line(entry.second, "the value of a header"));
  }
  return headers;
}

std::optional<Milliseconds> parse_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view unit = text.substr(digits);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc() || end != text.data() + digits) return std::nullopt;
  if (unit == "ms") return to_milliseconds(number);
  if (unit == "m") return to_milliseconds(number * 60'000);
  if (unit.empty() || unit == "s") return to_milliseconds(number * 1000);
  return std::nullopt;
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
    std::string message = what_ + " has no key '" + key + "'";
    const std::string_view nearest = nearest_name(key, {asked_.begin(), asked_.end()});
    if (!nearest.empty()) message += "; did you mean '" + std::string(nearest) + "'?";
    fault(entry.first, message);
  }
}

}  // namespace unmuted::probe
