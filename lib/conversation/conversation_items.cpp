// A conversation whose client keeps it as items.
#include <algorithm>
#include <utility>

#include "conversation/conversation.hpp"
#include "core/ids.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

using events::Failure;
using events::Item;

std::string shown(const std::string& id) {
  return "'" + shorten(printable(id), 100) + "'";
}

Failure no_such_item(const std::string& id) {
  return {Failure::Kind::invalid_request, "item_not_found", "There is no item " + shown(id) + " here"};
}

}  // namespace

Actions Conversation::item_added(Item item, const std::optional<std::string>& after) {
  if (state_ == State::ended) return take_actions();
  if (item.id.empty()) item.id = new_id("item_");
  if (item.kind == Item::Kind::call && item.call_id.empty()) item.call_id = new_id("call_");
  if (history_.has_item(item.id)) {
    refuse("item_exists", "There is an item " + shown(item.id) + " already");
  } else if (after && !after->empty() && !history_.has_item(*after)) {
    emit(no_such_item(*after));
  } else if (!history_.add_item(item, after)) {
    refuse("item_not_found", "No call " + shown(item.call_id) + " waits for a result here");
  } else {
    std::string before = history_.item_before(item.id);
    emit(events::ItemAdded{std::move(item), std::move(before)});
    silence_ = Duration::zero();
  }
  return take_actions();
}

Actions Conversation::item_wanted(const std::string& id) {
  if (auto item = history_.item(id)) {
    emit(events::ItemFound{std::move(*item)});
  } else {
    emit(no_such_item(id));
  }
  return take_actions();
}

Actions Conversation::item_cut(const std::string& id, std::chrono::milliseconds heard) {
  if (const auto kept = history_.cut_item(id, heard)) {
    emit(events::ItemCut{id, *kept});
  } else if (history_.has_item(id)) {
    refuse("item_not_found", "Item " + shown(id) + " is nothing that was said aloud here");
  } else {
    emit(no_such_item(id));
  }
  return take_actions();
}

Actions Conversation::item_removed(const std::string& id) {
  if (history_.remove_item(id)) {
    emit(events::ItemRemoved{id});
  } else {
    emit(no_such_item(id));
  }
  return take_actions();
}

void Conversation::sound_spoken(TurnId turn, Duration length) {
  if (is_current(turn)) book().add_sound(turn, length);
}

// ---- Replies beside the conversation ------------------------------------------------------------------

/// What such a reply sees: the conversation as it is, or what the client gives it. False: that cannot be.
bool Conversation::set_aside(const events::StartReply& wanted) {
  if (!wanted.aside) return true;
  if (!wanted.input) {
    aside_ = history_;
    return true;
  }
  History given;
  for (const Item& one : *wanted.input) {
    const bool reference = one.kind == Item::Kind::message && one.text.empty();
    std::optional<Item> item = reference ? history_.item(one.id) : one;
    if (!item) {
      emit(no_such_item(one.id));
      return false;
    }
    if (item->id.empty() || given.has_item(item->id)) item->id = new_id("item_");
    given.add_item(std::move(*item));
  }
  aside_ = std::move(given);
  return true;
}

// ---- Tools of the client's ----------------------------------------------------------------------------

bool Conversation::is_clients(const ToolCall& call) const {
  if (!reply_->options.tools) return false;
  const auto& tools = *reply_->options.tools;
  return std::any_of(tools.begin(), tools.end(),
                     [&](const events::ClientTool& tool) { return tool.name == call.name; });
}

void Conversation::hand_out_calls() {
  std::vector<ToolCall> calls = std::move(reply_->handed_out);
  if (calls.size() > max_calls_kept) calls.resize(max_calls_kept);
  for (ToolCall& call : calls) {
    call.id = new_id("call_");
    Item item{.id = new_id("item_"),
              .kind = Item::Kind::call,
              .role = Item::Role::assistant,
              .call_id = call.id,
              .name = call.name,
              .arguments = call.arguments};
    std::string after = book().last_item();
    book().add_call(reply_->turn, std::move(call), item.id);
    emit(events::CallHandedOut{reply_->turn, std::move(item), std::move(after)});
  }
}

}  // namespace unmuted
