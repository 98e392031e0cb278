#include "characters/script_context.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "characters/script_clock.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

using nlohmann::json;

/// What the parts may hold together is what one value may.
struct Room {
  explicit Room(const script::Limits& limits)
      : text(limits.string / 4),
        history_bytes(limits.value_bytes / 2),
        messages(limits.value_entries / 32),
        context_bytes(limits.value_bytes / 4),
        context_entries(limits.value_entries / 8 * 7),
        context_depth(limits.value_depth - 1) {}

  std::size_t text;
  std::size_t history_bytes, messages;
  std::size_t context_bytes, context_entries, context_depth;
};

/// The end of `text`, which is what was said last.
std::string last_part(std::string_view text, std::size_t max_bytes) {
  constexpr std::string_view mark = "...";
  if (text.size() <= max_bytes) return std::string(text);
  const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  text.remove_prefix(text.size() - (max_bytes - std::min(max_bytes, mark.size())));
  while (!text.empty() && is_continuation(text.front())) text.remove_prefix(1);
  return std::string(mark).append(text);
}

json newest_messages(const json& history, const Room& room) {
  json kept = json::array();
  std::size_t left = room.history_bytes;
  for (auto message = history.rbegin(); message != history.rend(); ++message) {
    std::string content = last_part(message->at("content").get_ref<const std::string&>(), room.text);
    if (kept.size() == room.messages || content.size() > left) break;
    left -= content.size();
    kept.push_back({{"role", message->at("role")}, {"content", std::move(content)}});
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

/// Takes of a foreign value what there is room for.
class Cutter {
 public:
  explicit Cutter(const Room& room)
      : text_(room.text),
        bytes_(room.context_bytes),
        entries_(room.context_entries),
        depth_(room.context_depth) {}

  json cut(const json& value) {
    if (value.is_string()) return text(value.get_ref<const std::string&>());
    if (!value.is_structured()) return value;
    if (depth_ == 0) return nullptr;
    --depth_;
    json kept = value.is_array() ? elements(value) : members(value);
    ++depth_;
    return kept;
  }

 private:
  std::string text(const std::string& whole) {
    std::string kept = shorten(whole, std::min(text_, bytes_));
    bytes_ -= kept.size();
    return kept;
  }

  json elements(const json& list) {
    json kept = json::array();
    for (const json& element : list) {
      if (entries_ == 0) break;
      --entries_;
      kept.push_back(cut(element));
    }
    return kept;
  }

  json members(const json& object) {
    json kept = json::object();
    for (const auto& [key, member] : object.items()) {
      if (entries_ == 0 || key.size() > std::min(text_, bytes_)) break;
      --entries_;
      bytes_ -= key.size();
      kept[key] = cut(member);
    }
    return kept;
  }

  std::size_t text_, bytes_, entries_, depth_;  ///< that are left
};

}  // namespace

json script_context(const CallContext& context, const Instructions& instructions,
                    const script::Limits& limits) {
  const Room room(limits);
  return {{"now", script_time(context.now, context.timezone)},
          {"timezone", shorten(context.timezone, room.text)},
          {"llm_name", shorten(context.llm_name, room.text)},
          {"language", instructions.language},
          {"default_instructions", shorten(context.default_instructions, room.text)},
          {"context", Cutter(room).cut(context.context)},
          {"history", newest_messages(context.history, room)}};
}

}  // namespace unmuted
