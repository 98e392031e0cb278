#include "services/written_calls.hpp"

#include <algorithm>
#include <utility>

#include "core/json.hpp"
#include "services/json_extent.hpp"
#include "services/reply_markup.hpp"

namespace unmuted {

using nlohmann::json;

namespace {

constexpr std::string_view blanks = " \t\r\n";
constexpr std::size_t max_calls = 128;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-' ||
         c == '.' || c == ':';
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Without the line breaks that stand between a tag and what is in it.
std::string_view without_outer_breaks(std::string_view text) {
  if (text.starts_with("\r\n")) text.remove_prefix(2);
  if (text.starts_with('\n')) text.remove_prefix(1);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

const json* member(const json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto it = object.find(name);
    if (it != object.end() && !it->is_null()) return &*it;
  }
  return nullptr;
}

/// Whether the tool's schema says that the parameter is a text, so that "7" is one as well.
bool is_text_parameter(const Tool& tool, const std::string& name) {
  const auto schema = read_json(tool.parameters);
  if (!schema || !schema->is_object()) return false;
  const json* properties = member(*schema, {"properties"});
  if (properties == nullptr || !properties->is_object()) return false;
  const json* property = member(*properties, {name.c_str()});
  if (property == nullptr || !property->is_object()) return false;
  const json* type = member(*property, {"type"});
  return type != nullptr && *type == "string";
}

class CallReader {
 public:
  CallReader(std::string_view text, std::span<const Tool> offered) : rest_(text), offered_(offered) {}

  WrittenCalls read() {
    skip_between();
    bool readable = !rest_.empty();
    while (readable && !rest_.empty() && found_.calls.size() < max_calls) {
      readable = read_one();
      skip_between();
    }
    if (!readable) ++found_.dropped;
    return std::move(found_);
  }

 private:
  /// One call, or a list of them. False: what is here is no call.
  bool read_one() {
    if (rest_.starts_with('{') || rest_.starts_with('[')) {
      const auto value = take_json();
      return value && add_value(*value);
    }
    if (rest_.starts_with("<function=")) return read_function_tag();
    if (rest_.starts_with('<')) return read_invoke_tag();
    return read_named();
  }

  // ---- JSON that says everything

  std::optional<json> take_json() {
    JsonExtent extent;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (!extent.take(rest_[i])) continue;
      auto value = read_json(rest_.substr(0, i + 1));
      rest_.remove_prefix(i + 1);
      if (!value) return std::nullopt;
      return std::move(*value);
    }
    return std::nullopt;
  }

  bool add_value(const json& value) {
    if (value.is_array()) {
      return std::all_of(value.begin(), value.end(),
                         [this](const json& entry) { return entry.is_object() && add_value(entry); });
    }
    if (const json* calls = member(value, {"tool_calls"}); calls != nullptr && calls->is_array())
      return add_value(*calls);
    if (const json* inner = member(value, {"function", "function_call"});
        inner != nullptr && inner->is_object())
      return add_value(*inner);
    const json* name = member(value, {"name", "tool_name", "tool", "function"});
    if (name == nullptr || !name->is_string()) return false;
    const json* arguments = member(value, {"arguments", "parameters", "args", "input"});
    return add(name->get_ref<const std::string&>(), arguments == nullptr ? json::object() : *arguments);
  }

  /// Arguments may be an object, or its text.
  bool add(std::string_view name, json arguments) {
    if (arguments.is_string()) {
      auto read = read_json(arguments.get_ref<const std::string&>());
      if (!read) return false;
      arguments = std::move(*read);
    }
    if (!arguments.is_object()) return false;
    const Tool* tool = offered_tool(name, offered_);
    if (tool == nullptr || found_.calls.size() == max_calls) {
      ++found_.dropped;
    } else {
      found_.calls.push_back({"", tool->name, write_json(arguments)});
    }
    return true;
  }

  // ---- a name and then the arguments

  std::string_view take_name() {
    const auto* end = std::find_if_not(rest_.begin(), rest_.end(), is_name);
    const std::string_view name = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(name.size());
    return name;
  }

  bool read_named() {
    std::string_view name = take_name();
    if (name.empty()) return false;
    bool separated = skip_separators();
    // DeepSeek's older form: the word "function", a separator, and then the name.
    if (name == "function" && separated && !rest_.empty() && is_name(rest_.front())) {
      name = take_name();
      separated = skip_separators();
    }
    if (rest_.starts_with('{')) {
      auto arguments = take_json();
      return arguments && add(name, std::move(*arguments));
    }
    if (rest_.starts_with("<arg_key>")) return read_pairs(name);
    if (rest_.starts_with("<parameter")) return read_parameters(name, std::exchange(rest_, {}));
    const bool nothing_more = rest_.empty() || rest_.starts_with("<tool_call>");
    return (nothing_more || separated) && offered_tool(name, offered_) != nullptr && nothing_more &&
           add(name, json::object());
  }

  bool skip_separators() {
    bool token = false;
    for (;;) {
      const std::size_t before = rest_.size();
      skip_blanks();
      token = skip_token() || token;
      skip_fence();
      if (rest_.starts_with("[CALL_ID]")) {
        rest_.remove_prefix(std::string_view("[CALL_ID]").size());
        take_name();
      }
      if (rest_.starts_with("[ARGS]")) rest_.remove_prefix(std::string_view("[ARGS]").size());
      if (rest_.size() == before) return token;
    }
  }

  /// <arg_key>K</arg_key><arg_value>V</arg_value>…
  bool read_pairs(std::string_view name) {
    json arguments = json::object();
    while (rest_.starts_with("<arg_key>")) {
      const auto key = take_element("<arg_key>", "</arg_key>");
      skip_blanks();
      if (!key || !rest_.starts_with("<arg_value>")) return false;
      const auto value = take_element("<arg_value>", "</arg_value>");
      if (!value) return false;
      set(arguments, name, std::string(trimmed(*key)), *value);
      skip_blanks();
    }
    return add(name, std::move(arguments));
  }

  // ---- tags

  /// <function=NAME>…</function>, with JSON or with parameters in it; the end may be missing.
  bool read_function_tag() {
    rest_.remove_prefix(std::string_view("<function=").size());
    const std::size_t end = rest_.find('>');
    if (end == std::string_view::npos) return false;
    const std::string_view name = without_quotes(trimmed(rest_.substr(0, end)));
    rest_.remove_prefix(end + 1);
    return read_parameters(name, take_until({"</function>", "<function="}));
  }

  /// <invoke name="NAME">…</invoke>, whatever stands before "invoke".
  bool read_invoke_tag() {
    const std::size_t end = rest_.find('>');
    if (end == std::string_view::npos) return false;
    const std::string_view tag = rest_.substr(0, end);
    const std::size_t word = tag.find("invoke");
    const auto name = attribute(tag, "name");
    if (word == std::string_view::npos || !name) return false;
    rest_.remove_prefix(end + 1);
    return read_parameters(*name, take_until({"invoke>"}));
  }

  /// <parameter=K>V</parameter>… or <parameter name="K">V</parameter>…, or one JSON object.
  bool read_parameters(std::string_view name, std::string_view text) {
    if (trimmed(text).starts_with('{')) {
      auto arguments = read_json(trimmed(text));
      return arguments && add(name, std::move(*arguments));
    }
    json arguments = json::object();
    for (;;) {
      const std::size_t word = text.find("parameter");
      if (word == std::string_view::npos) break;
      const std::size_t end = text.find('>', word);
      if (end == std::string_view::npos) return false;
      const std::string_view tag = text.substr(word, end - word);
      const auto key = attribute(tag, tag.starts_with("parameter=") ? "parameter" : "name");
      if (!key) return false;
      text.remove_prefix(end + 1);
      std::size_t close = std::min(text.find("</"), text.size());
      set(arguments, name, std::string(*key), value_until_close(text, close));
      const std::size_t after = text.find('>', close);
      text = after == std::string_view::npos ? std::string_view() : text.substr(after + 1);
    }
    return add(name, std::move(arguments));
  }

  /// A value may have closing tags of other things in it: it ends at that of a parameter.
  static std::string_view value_until_close(std::string_view text, std::size_t& close) {
    for (std::size_t at = close; at < text.size(); at = text.find("</", at + 2)) {
      const std::string_view tag = text.substr(at, std::min(text.find('>', at), text.size()) - at);
      if (tag.ends_with("parameter")) {
        close = at;
        break;
      }
    }
    return text.substr(0, close);
  }

  void set(json& arguments, std::string_view tool_name, std::string key, std::string_view value) const {
    value = without_outer_breaks(value);
    const Tool* tool = offered_tool(tool_name, offered_);
    if (tool != nullptr && is_text_parameter(*tool, key)) {
      arguments[std::move(key)] = std::string(value);
      return;
    }
    auto read = read_json(trimmed(value));
    arguments[std::move(key)] = read ? std::move(*read) : json(std::string(value));
  }

  // ---- pieces

  static std::string_view without_quotes(std::string_view text) {
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
      return text.substr(1, text.size() - 2);
    return text;
  }

  /// NAME="VALUE" or NAME=VALUE in a tag whose end is cut off.
  static std::optional<std::string_view> attribute(std::string_view tag, std::string_view name) {
    const std::size_t at = tag.find(std::string(name) + "=");
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view value = tag.substr(at + name.size() + 1);
    const char quote = value.empty() ? '\0' : value.front();
    if (quote != '"' && quote != '\'') return trimmed(value);
    const std::size_t end = value.find(quote, 1);
    if (end == std::string_view::npos) return std::nullopt;
    return value.substr(1, end - 1);
  }

  std::optional<std::string_view> take_element(std::string_view opener, std::string_view closer) {
    const std::size_t end = rest_.find(closer);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view content = rest_.substr(opener.size(), end - opener.size());
    rest_.remove_prefix(end + closer.size());
    return content;
  }

  /// What comes before the first of these, or everything.
  std::string_view take_until(std::initializer_list<std::string_view> ends) {
    std::size_t end = rest_.size();
    for (const std::string_view mark : ends) end = std::min(end, rest_.find(mark));
    const std::string_view content = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (rest_.starts_with("invoke>")) rest_.remove_prefix(std::string_view("invoke>").size());
    return content;
  }

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size())); }

  /// A special token, or a tag that only encloses.
  bool skip_token() {
    const Markup markup = markup_at(rest_);
    if (rest_.empty() || markup.fit != Markup::Fit::whole) return false;
    const MarkupMeaning* meaning = meaning_of(markup.name);
    if (meaning != nullptr && meaning->opener_belongs) return false;
    rest_.remove_prefix(markup.length);
    return true;
  }

  void skip_fence() {
    if (!rest_.starts_with("```")) return;
    rest_.remove_prefix(3);
    const auto is_letter = [](char c) { return is_name(c); };
    const auto* end = std::find_if_not(rest_.begin(), rest_.end(), is_letter);
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
  }

  /// What may stand before and after calls.
  void skip_between() {
    for (;;) {
      const std::size_t before = rest_.size();
      skip_blanks();
      if (rest_.starts_with(',') || rest_.starts_with(';')) rest_.remove_prefix(1);
      skip_token();
      skip_fence();
      if (rest_.size() == before) return;
    }
  }

  std::string_view rest_;
  std::span<const Tool> offered_;
  WrittenCalls found_;
};

}  // namespace

const Tool* offered_tool(std::string_view name, std::span<const Tool> offered) {
  const auto named = [&](std::string_view wanted) -> const Tool* {
    const auto it =
        std::find_if(offered.begin(), offered.end(), [&](const Tool& tool) { return tool.name == wanted; });
    return it == offered.end() ? nullptr : &*it;
  };
  name = trimmed(name);
  if (const Tool* exactly = named(name)) return exactly;
  for (const std::string_view prefix : {"functions.", "function.", "tools.", "tool."}) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  }
  // "open_door:0": the number of the call.
  if (const std::size_t colon = name.rfind(':'); colon != std::string_view::npos) {
    const std::string_view number = name.substr(colon + 1);
    if (std::all_of(number.begin(), number.end(), is_digit)) name = name.substr(0, colon);
  }
  return named(name);
}

WrittenCalls read_written_calls(std::string_view text, std::span<const Tool> offered) {
  return CallReader(text, offered).read();
}

}  // namespace unmuted
