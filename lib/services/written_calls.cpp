#include "services/written_calls.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/json.hpp"
#include "services/call_scanner.hpp"
#include "services/offered_tool.hpp"
#include "services/text_signs.hpp"

namespace unmuted {

using nlohmann::json;

namespace {

constexpr std::size_t max_calls = 128;

/// Without the line breaks that stand between a tag and what is in it.
std::string_view without_outer_breaks(std::string_view text) {
  if (text.starts_with("\r\n")) text.remove_prefix(2);
  if (text.starts_with('\n')) text.remove_prefix(1);
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::string_view without_quotes(std::string_view text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

/// The first of these members that there is, and is not null.
const json* member(const json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto it = object.find(name);
    if (it != object.end() && !it->is_null()) return &*it;
  }
  return nullptr;
}

/// Takes the value of a parameter off `text`, which follows its tag, with the tag that ends it. It may have
/// closing tags of other things in it: it ends at that of a parameter, or else at the first.
std::string_view take_value(std::string_view& text) {
  const std::size_t first = std::min(text.find("</"), text.size());
  std::size_t close = first;
  for (std::size_t at = first; at < text.size(); at = text.find("</", at + 2)) {
    const std::string_view tag = text.substr(at, std::min(text.find('>', at), text.size()) - at);
    if (tag.ends_with("parameter")) {
      close = at;
      break;
    }
  }
  const std::string_view value = text.substr(0, close);
  const std::size_t after = text.find('>', close);
  text = after == std::string_view::npos ? std::string_view() : text.substr(after + 1);
  return value;
}

class CallReader {
 public:
  CallReader(std::string_view text, std::span<const Tool> offered) : text_(text), offered_(offered) {}

  WrittenCalls read() {
    text_.skip_between();
    bool readable = !text_.empty();
    while (readable && !text_.empty() && found_.calls.size() < max_calls) {
      readable = read_one();
      text_.skip_between();
    }
    if (!readable) ++found_.dropped;
    return std::move(found_);
  }

 private:
  /// One call, or a list of them. False: what is here is no call.
  bool read_one() {
    if (text_.is_at("{") || text_.is_at("[")) {
      const auto value = text_.take_json();
      return value && add_value(*value);
    }
    if (text_.is_at("<function=")) return read_function_tag();
    if (text_.is_at("<")) return read_invoke_tag();
    return read_named();
  }

  // ---- JSON that says everything

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

  bool read_named() {
    std::string_view name = text_.take_name();
    if (name.empty()) return false;
    const bool separated = text_.skip_separators();
    // DeepSeek's older form: the word "function", a separator, and then the name.
    if (name == "function" && separated && text_.is_at_name()) {
      name = text_.take_name();
      text_.skip_separators();
    }
    if (text_.is_at("{")) {
      auto arguments = text_.take_json();
      return arguments && add(name, std::move(*arguments));
    }
    if (text_.is_at("<arg_key>")) return read_pairs(name);
    if (text_.is_at("<parameter")) return read_parameters(name, text_.take_rest());
    const bool nothing_more = text_.empty() || text_.is_at("<tool_call>");
    return nothing_more && offered_tool(name, offered_) != nullptr && add(name, json::object());
  }

  /// <arg_key>K</arg_key><arg_value>V</arg_value>…
  bool read_pairs(std::string_view name) {
    json arguments = json::object();
    while (text_.is_at("<arg_key>")) {
      const auto key = text_.take_element("<arg_key>", "</arg_key>");
      text_.skip_blanks();
      if (!key || !text_.is_at("<arg_value>")) return false;
      const auto value = text_.take_element("<arg_value>", "</arg_value>");
      if (!value) return false;
      set(arguments, name, std::string(trimmed(*key)), *value);
      text_.skip_blanks();
    }
    return add(name, std::move(arguments));
  }

  // ---- tags

  /// <function=NAME>…</function>, with JSON or with parameters in it; the end may be missing.
  bool read_function_tag() {
    const auto tag = text_.take_tag();
    if (!tag) return false;
    const std::string_view name = without_quotes(trimmed(tag->substr(tag->find('=') + 1)));
    return read_parameters(name, text_.take_until({"</function>", "<function="}));
  }

  /// <invoke name="NAME">…</invoke>, whatever stands before "invoke".
  bool read_invoke_tag() {
    const auto tag = text_.take_tag();
    if (!tag || tag->find("invoke") == std::string_view::npos) return false;
    const auto name = tag_attribute(*tag, "name");
    if (!name) return false;
    const std::string_view parameters = text_.take_until({"invoke>"});
    text_.skip("invoke>");
    return read_parameters(*name, parameters);
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
      const auto key = tag_attribute(tag, tag.starts_with("parameter=") ? "parameter" : "name");
      if (!key) return false;
      text.remove_prefix(end + 1);
      set(arguments, name, std::string(*key), take_value(text));
    }
    return add(name, std::move(arguments));
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

  CallScanner text_;
  std::span<const Tool> offered_;
  WrittenCalls found_;
};

}  // namespace

void WrittenCalls::add(WrittenCalls more, std::size_t max) {
  dropped += more.dropped;
  for (ToolCall& call : more.calls) {
    if (calls.size() == max) {
      ++dropped;
    } else {
      calls.push_back(std::move(call));
    }
  }
}

WrittenCalls read_written_calls(std::string_view text, std::span<const Tool> offered) {
  return CallReader(text, offered).read();
}

}  // namespace unmuted
