#include "services/tool_call_collector.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "core/json.hpp"
#include "services/json_fields.hpp"
#include "services/offered_tool.hpp"
#include "services/refusal.hpp"
#include "services/text_signs.hpp"

namespace unmuted {

using nlohmann::json;

namespace {

bool begins_value(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  return begin != std::string_view::npos && (text[begin] == '{' || text[begin] == '[');
}

bool same_value(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto first = read_json(a);
  const auto second = read_json(b);
  return first && second && *first == *second;
}

std::optional<std::int64_t> index_of(const json& value) {
  constexpr std::int64_t most = 1'000'000;
  std::int64_t index = -1;
  if (value.is_number_unsigned()) {
    index = static_cast<std::int64_t>(std::min<std::uint64_t>(value.get<std::uint64_t>(), most));
  } else if (value.is_number_float()) {
    const double number = value.get<double>();
    if (number >= 0 && number <= static_cast<double>(most) && std::floor(number) == number)
      index = static_cast<std::int64_t>(number);
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (error != std::errc{} || end != text.data() + text.size()) index = -1;
  }
  return index < 0 ? std::nullopt : std::optional(index);
}

std::string id_of(const json& value) {
  return value.is_number_integer() ? value.dump() : text_of(value);
}

std::string arguments_of(const json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : write_json(value);
}

/// Without the fence around it, if there is one.
std::string_view without_fence(std::string_view text) {
  constexpr std::string_view fence = "```";
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  text = text.substr(0, text.find_last_not_of(blanks) + 1);
  if (!text.starts_with(fence) || !text.ends_with(fence) || text.size() < 2 * fence.size()) return text;
  text.remove_suffix(fence.size());
  text.remove_prefix(std::min(text.find_first_of("{[\n"), text.size()));
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/// What arguments hold, where they are only wrapped; others are as they came.
std::string plain_arguments(std::string arguments) {
  if (is_all_blank(arguments)) return "{}";
  std::string inner = arguments;
  constexpr int most_wraps = 3;
  for (int i = 0; i < most_wraps; ++i) {
    inner = std::string(without_fence(inner));
    const auto value = read_json(inner);
    if (!value) return arguments;
    if (value->is_null()) return "{}";
    if (value->is_object()) return inner;
    if (!value->is_string()) return arguments;
    inner = value->get<std::string>();
    if (is_all_blank(inner)) return "{}";
  }
  return arguments;
}

}  // namespace

struct ToolCallCollector::Fragment {
  std::optional<std::int64_t> index;
  std::string id, name, arguments;
  bool last = false;  ///< of a chunk that ends the reply

  /// Of servers that leave out `function`, the members stand in the call itself.
  static Fragment of(const json& call) {
    const json& within = member(call, "function");
    const json& function = within.is_object() ? within : call;
    const json& arguments = member(function, "arguments");
    Fragment fragment;
    fragment.index = index_of(member(call, "index"));
    fragment.id = id_of(member(call, "id"));
    fragment.name = text_of(member(function, "name"));
    fragment.arguments = arguments_of(arguments.is_null() ? member(function, "parameters") : arguments);
    if (is_all_blank(fragment.id)) fragment.id.clear();
    if (is_all_blank(fragment.name)) fragment.name.clear();
    return fragment;
  }
};

void ToolCallCollector::Call::restart() {
  arguments.clear();
  extent = JsonExtent();
  begun = whole = false;
}

void ToolCallCollector::Call::append(std::string_view more) {
  for (const char c : more) {
    if (is_blank(c) && (!begun || whole)) continue;
    const bool opens = c == '{' || c == '[';
    // What begins with anything else never becomes whole: no bracket of it is the outermost.
    whole = (begun || opens) && !whole && extent.take(c);
    begun = true;
  }
  arguments += more;
}

/// Whether a fragment has everything that came so far and more. A single byte is too little to tell.
bool ToolCallCollector::Call::grows_to(std::string_view all) const {
  return !whole && arguments.size() > 1 && all.size() > arguments.size() && all.starts_with(arguments) &&
         (begins_value(arguments) || arguments.starts_with('"'));
}

Result<void> ToolCallCollector::feed(const json& fragments, bool last) {
  ++chunks_;
  const auto feed_one = [&](const json& call) -> Result<void> {
    if (!call.is_object()) return {};
    Fragment fragment = Fragment::of(call);
    fragment.last = last;
    return feed_fragment(std::move(fragment));
  };
  if (!fragments.is_array()) return feed_one(fragments);
  for (const json& call : fragments) {
    if (auto fed = feed_one(call); !fed) return fed;
  }
  return {};
}

Result<void> ToolCallCollector::feed_fragment(Fragment fragment) {
  bytes_ += fragment.id.size() + fragment.name.size() + fragment.arguments.size();
  if (bytes_ > max_bytes) {
    return fail_unavailable("the arguments of its tool calls are longer than 256 KiB");
  }
  Call* call = call_of(fragment);
  if (call == nullptr || !continues(*call, fragment)) {
    if (calls_.size() == max_calls) {
      return fail_unavailable("it asked for more than " + std::to_string(max_calls) +
                              " tool calls in one reply");
    }
    call = &calls_.emplace_back();
    call->index = fragment.index;
    call->chunk = chunks_;
  }
  last_ = static_cast<std::size_t>(call - calls_.data());
  extend(*call, fragment);
  return {};
}

/// The call that the fragment may belong to; null when it begins one.
ToolCallCollector::Call* ToolCallCollector::call_of(const Fragment& fragment) {
  if (calls_.empty()) return nullptr;
  const auto newest = [this](auto matches) -> Call* {
    const auto it = std::find_if(calls_.rbegin(), calls_.rend(), matches);
    return it == calls_.rend() ? nullptr : &*it;
  };
  if (!fragment.id.empty()) {
    const auto has_id = [&](const Call& call) { return call.id == fragment.id; };
    Call* same = newest(has_id);
    const bool elsewhere =
        same != nullptr && fragment.index && same->index && *fragment.index != *same->index;
    if (same != nullptr && !(elsewhere && same->whole && !fragment.name.empty())) return same;
    if (elsewhere) return nullptr;
  }
  if (!fragment.index) return &calls_[last_];
  const auto has_index = [&](const Call& call) { return call.index == fragment.index; };
  if (Call* same = newest(has_index)) return same;
  // An index that nobody has: of a new call, unless it says nothing that a new call needs.
  Call& last = calls_[last_];
  const bool nameless = fragment.id.empty() && fragment.name.empty();
  return !last.index || (nameless && !last.whole) ? &last : nullptr;
}

bool ToolCallCollector::continues(const Call& call, const Fragment& fragment) const {
  const bool new_id = !fragment.id.empty() && !call.id.empty() && fragment.id != call.id;
  const bool same_id = !fragment.id.empty() && fragment.id == call.id;
  if (fragment.name.empty()) return !(new_id && call.whole);
  if (new_id) return false;
  if (call.name.empty()) return true;
  if (!call.whole) return same_id || fragment.name == call.name || renames(call, fragment);
  const bool same_name = fragment.name == call.name;
  if (same_name && is_all_blank(fragment.arguments)) return true;
  if (call.chunk == chunks_) return false;  // two entries of one list are two calls
  if (same_name && same_id) return true;
  // The last chunk may say everything once more.
  return same_name && fragment.last && same_value(call.arguments, fragment.arguments);
}

/// A name that comes in pieces, or grows: only what is offered tells.
bool ToolCallCollector::renames(const Call& call, const Fragment& fragment) const {
  if (!call.arguments.empty() || offered_tool(call.name, offered_) != nullptr) return false;
  return offered_tool(fragment.name.starts_with(call.name) ? fragment.name : call.name + fragment.name,
                      offered_) != nullptr;
}

void ToolCallCollector::extend(Call& call, const Fragment& fragment) {
  if (!call.index) call.index = fragment.index;
  if (call.id.empty()) call.id = fragment.id;
  if (call.name.empty()) {
    call.name = fragment.name;
  } else if (!fragment.name.empty() && fragment.name != call.name && renames(call, fragment)) {
    call.name = fragment.name.starts_with(call.name) ? fragment.name : call.name + fragment.name;
  }
  if (is_all_blank(fragment.arguments) && (call.whole || !call.begun)) return;
  const bool grows = call.grows_to(fragment.arguments);
  if (grows && call.joined.empty()) call.joined = call.arguments;
  if (!call.joined.empty()) call.joined += fragment.arguments;
  if (grows) bytes_ -= call.arguments.size();
  if (call.joined.size() > max_bytes) call.joined = " ";  // it was not meant so
  if (call.whole) call.earlier = call.arguments;
  if (grows || (call.whole && begins_value(fragment.arguments))) call.restart();
  call.append(fragment.arguments);
}

std::vector<ToolCall> ToolCallCollector::take() {
  std::vector<ToolCall> taken;
  for (Call& call : calls_) {
    if (call.name.empty()) {
      ++dropped_;
      continue;
    }
    if (!call.joined.empty() && !read_json(call.arguments) && read_json(call.joined)) {
      call.arguments = std::move(call.joined);
    } else if (!call.whole && !call.earlier.empty()) {
      call.arguments = std::move(call.earlier);
    }
    if (const Tool* tool = offered_tool(call.name, offered_)) call.name = tool->name;
    taken.push_back({std::move(call.id), std::move(call.name), plain_arguments(std::move(call.arguments))});
  }
  calls_.clear();
  return taken;
}

}  // namespace unmuted
