// A history as the items that a client knows.
#include <algorithm>
#include <iterator>
#include <utility>

#include "conversation/history.hpp"
#include "conversation/words.hpp"

namespace unmuted {
namespace {

using events::Item;
using std::chrono::milliseconds;

ChatMessage::Role role_of(const Item& item) {
  switch (item.role) {
    case Item::Role::user:
      return ChatMessage::Role::user;
    case Item::Role::assistant:
      return ChatMessage::Role::assistant;
    case Item::Role::system:
      return ChatMessage::Role::system;
  }
  return ChatMessage::Role::user;
}

Item::Role role_of(ChatMessage::Role role) {
  if (role == ChatMessage::Role::system) return Item::Role::system;
  return role == ChatMessage::Role::assistant ? Item::Role::assistant : Item::Role::user;
}

}  // namespace

// ---- What comes ---------------------------------------------------------------------------------------

bool History::add_item(Item item, const std::optional<std::string>& after) {
  if (after && !after->empty() && !has_item(*after)) return false;
  const std::string id = item.id;
  if (item.kind == Item::Kind::result) {
    if (!add_result(item)) return false;
  } else {
    Entry entry{role_of(item), {}, {}, item.cut, {}, {}, {}, item.spoken};
    if (item.kind == Item::Kind::call) {
      entry.role = ChatMessage::Role::assistant;
      entry.calls.push_back(
          {{std::move(item.call_id), std::move(item.name), std::move(item.arguments)}, {}, id});
    } else {
      entry.text = std::move(item.text);
      entry.id = id;
    }
    // Calls that follow one another are those of one answer, and their results follow together.
    Entry* last = entries_.empty() || after ? nullptr : &entries_.back();
    const auto open = [](const Call& call) { return !call.result; };
    if (!entry.calls.empty() && last != nullptr && !last->calls.empty() &&
        std::all_of(last->calls.begin(), last->calls.end(), open)) {
      last->calls.push_back(std::move(entry.calls.front()));
    } else {
      entries_.insert(after ? behind(*after) : entries_.end(), std::move(entry));
    }
  }
  const auto place = !after ? order_.end() : std::find(order_.begin(), order_.end(), *after);
  order_.insert(!after || after->empty() ? (after ? order_.begin() : order_.end()) : std::next(place), id);
  drop_oldest(true);
  return true;
}

/// A client is told of it when it is whole; what was told before that comes before it.
void History::add_spoken_item(const std::string& id) {
  const bool there =
      std::any_of(entries_.begin(), entries_.end(), [&](const Entry& one) { return one.id == id; });
  if (there && !has_item(id)) order_.push_back(id);
}

bool History::add_result(const Item& item) {
  for (Entry& entry : entries_) {
    for (Call& call : entry.calls) {
      if (call.item.empty() || call.result || call.call.id != item.call_id) continue;
      call.result = item.text;
      call.result_item = item.id;
      return true;
    }
  }
  return false;
}

void History::add_call(TurnId turn, ToolCall call, std::string item) {
  order_.push_back(item);
  const auto answered = [](const Call& one) { return one.result.has_value(); };
  for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
    if (entry->turn != turn || entry->role != ChatMessage::Role::assistant) continue;
    if (std::any_of(entry->calls.begin(), entry->calls.end(), answered)) break;
    entry->calls.push_back({std::move(call), {}, std::move(item)});
    return;
  }
  entries_.push_back({ChatMessage::Role::assistant, {}, turn, false, {}, {}});
  entries_.back().calls.push_back({std::move(call), {}, std::move(item)});
}

void History::add_to_item(const std::string& id, std::string_view word) {
  const std::string_view bare = without_space(word);
  for (Entry& entry : entries_) {
    if (entry.id != id || bare.empty()) continue;
    entry.text.append(entry.text.empty() ? "" : " ").append(bare);
    return drop_oldest();
  }
}

// ---- What is there ------------------------------------------------------------------------------------

bool History::has_item(const std::string& id) const {
  return !id.empty() && std::find(order_.begin(), order_.end(), id) != order_.end();
}

std::string History::item_before(const std::string& id) const {
  const auto found = std::find(order_.begin(), order_.end(), id);
  return found == order_.begin() || found == order_.end() ? std::string() : *std::prev(found);
}

std::optional<Item> History::item(const std::string& id) const {
  if (!has_item(id)) return std::nullopt;
  Item item{.id = id};
  for (const Entry& entry : entries_) {
    if (entry.id == id) {
      item.role = role_of(entry.role);
      if (!item.text.empty() && !entry.text.empty()) item.text += ' ';
      item.text += entry.text;
      item.spoken = entry.spoken;
      item.cut = item.cut || entry.cut;
    }
    for (const Call& call : entry.calls) {
      if (call.item == id) {
        return Item{.id = id,
                    .kind = Item::Kind::call,
                    .role = Item::Role::assistant,
                    .call_id = call.call.id,
                    .name = call.call.name,
                    .arguments = call.call.arguments};
      }
      if (call.result_item == id) {
        return Item{
            .id = id, .kind = Item::Kind::result, .text = call.result.value_or(""), .call_id = call.call.id};
      }
    }
  }
  return item;
}

/// Where what is to follow the item is to stand.
std::deque<History::Entry>::iterator History::behind(const std::string& id) {
  if (id.empty()) return entries_.begin();
  const auto last = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& entry) {
    return entry.id == id || std::any_of(entry.calls.begin(), entry.calls.end(), [&](const Call& call) {
             return call.item == id || call.result_item == id;
           });
  });
  return last.base();
}

// ---- What goes ----------------------------------------------------------------------------------------

bool History::remove_item(const std::string& id) {
  if (!has_item(id)) return false;
  for (Entry& entry : entries_) {
    if (entry.id == id) {
      entry.text.clear();
      entry.words.clear();
      entry.id.clear();
    }
    std::erase_if(entry.calls, [&](const Call& call) { return call.item == id; });
    for (Call& call : entry.calls) {
      if (call.result_item != id) continue;
      call.result.reset();
      call.result_item.clear();
    }
  }
  std::erase_if(entries_, [](const Entry& entry) { return entry.blank() && entry.id.empty(); });
  std::erase(order_, id);
  return true;
}

std::optional<milliseconds> History::cut_item(const std::string& id, milliseconds heard) {
  Duration sound{};
  bool there = false;
  for (const Entry& entry : entries_) {
    if (entry.id != id || entry.role != ChatMessage::Role::assistant || !entry.spoken) continue;
    sound = std::max(sound, entry.sound);
    there = true;
  }
  if (!there) return std::nullopt;
  const milliseconds kept = std::clamp(heard, milliseconds(0), std::chrono::ceil<milliseconds>(sound));
  for (Entry& entry : entries_) {
    if (entry.id != id) continue;
    const auto unheard = std::find_if(entry.words.begin(), entry.words.end(),
                                      [kept](const WordMark& word) { return word.at >= kept; });
    if (unheard == entry.words.end()) continue;
    entry.text.resize(unheard->offset);
    entry.words.erase(unheard, entry.words.end());
    entry.cut = true;
  }
  return kept;
}

/// Those of messages that have become too old.
void History::forget_lost_items() {
  std::erase_if(order_, [this](const std::string& id) {
    return std::none_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.id == id || std::any_of(entry.calls.begin(), entry.calls.end(), [&](const Call& call) {
               return call.item == id || call.result_item == id;
             });
    });
  });
}

}  // namespace unmuted
