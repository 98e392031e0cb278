// What a session does about its client's requests, one after the other.
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/overloaded.hpp"
#include "core/utf8.hpp"
#include "session/session.hpp"

namespace unmuted {

using events::Failure;
using net::awaitable;

awaitable<void> Session::handle(Read read) {
  if (!read) {
    const std::string answers = read.error().request_id;
    output_.tell(events::failure_of(std::move(read.error())), answers);
    co_return;
  }
  std::string answers = std::move(read->id);
  events::Request& request = read->request;
  if (auto* wanted = std::get_if<events::Configure>(&request)) {
    co_await configure(std::move(*wanted), std::move(answers));
  } else if (auto* cast = std::get_if<events::LoadCast>(&request)) {
    co_await load_cast(std::move(*cast), std::move(answers));
  } else if (std::holds_alternative<events::ListCast>(request)) {
    list_cast(answers);
  } else {
    converse(std::move(request), answers);
  }
}

/// What is of a conversation, and takes no time.
void Session::converse(events::Request request, std::string_view answers) {
  const Overloaded does{
      [&](const events::AppendAudio& sound) { dialogue_.sound_arrived(sound); },
      [&](events::AddUserMessage& message) { dialogue_.user_wrote(std::move(message.text), answers); },
      [&](events::StartReply& reply) { dialogue_.reply_requested(std::move(reply), answers); },
      [&](events::AddItem& item) { dialogue_.item_added(std::move(item), answers); },
      [&](const events::FindItem& item) { dialogue_.item_wanted(item, answers); },
      [&](const events::CutItem& item) { dialogue_.item_cut(item, answers); },
      [&](const events::RemoveItem& item) { dialogue_.item_removed(item, answers); },
      [&](const events::EndUserTurn&) { dialogue_.user_turn_ended(answers); },
      [&](const events::DropUserSound&) { dialogue_.user_sound_dropped(answers); },
      [](const auto&) {},  // has been seen to
  };
  std::visit(does, request);
}

awaitable<void> Session::configure(events::Configure wanted, std::string answers) {
  const auto published_before = [this](const Character& character, std::string_view text) {
    return environment_.default_cast.published_before(character.name, text);
  };
  auto change = wanted.stand_in ? select_or_stand_in(characters_.set(), selection_, wanted)
                                : select(characters_.set(), selection_, wanted, published_before);
  if (!change) co_return tell_error(change.error(), answers, Failure::Kind::invalid_request);
  std::optional<History> history;
  if (change->restart) {
    auto staged = co_await restage(*change, wanted);
    if (ended_) co_return;
    if (!staged) co_return tell_error(staged.error(), answers, Failure::Kind::server_error);
    history = std::move(*staged);
  } else if (wanted.context) {
    stage_.set_context(*wanted.context);
  }
  for (const Error& warning : change->warnings) tell_error(warning, answers, Failure::Kind::warning);
  selection_ = std::move(change->selection);
  settle(std::move(wanted), answers);
  if (history) dialogue_.begin(std::move(*history));
}

/// Whoever is selected comes on: with what was said before, where the conversation goes on.
awaitable<Result<History>> Session::restage(const SelectionChange& change, const events::Configure& wanted) {
  std::optional<LeftConversation> left;
  if (wanted.resume) left = left_.take(change.selection);
  if (left) {
    leave_conversation();
    stage_.enter(std::move(left->entrance));
    stage_.set_context(change.selection.context);
    co_return std::move(left->history);
  }
  auto entrance = co_await stage_.prepare(change.selection);
  if (ended_) co_return History();
  if (!entrance) {
    environment_.log->warn("session {} {} message={}", id(), entrance.error().code,
                           printable(entrance.error().message));
    co_return tl::unexpected(entrance.error());
  }
  History history;
  if (wanted.stand_in) {
    history = dialogue_.end().value_or(History());
    if (auto gone = stage_.leave()) stage_.dismiss(std::move(*gone));
  } else {
    leave_conversation();
    if (auto former = left_.take(change.selection)) stage_.dismiss(std::move(former->entrance));
  }
  stage_.enter(std::move(*entrance));
  co_return history;
}

/// What the client has set holds from here on, but for names that are the character's.
void Session::settle(events::Configure wanted, std::string_view answers) {
  const bool tools_matter = wanted.asked && wanted.settings.reply.tools;
  merge(settings_, std::move(wanted.settings));
  events::Configured told = selection_.told(id(), recorder_.allowed());
  told.settings = settings_;
  told.asked = wanted.asked;
  std::vector<std::string> taken;
  if (selection_.character) taken = drop_tools_of(*selection_.character, told.settings.reply);
  dialogue_.configure(told.settings);
  output_.tell(told, answers);
  if (!tools_matter) return;
  for (const std::string& name : taken) output_.tell(tool_is_taken(name), answers);
}

awaitable<void> Session::load_cast(events::LoadCast wanted, std::string answers) {
  CastRequest request{id(),   peer_,   std::move(wanted.directory), output_.dialect(), std::move(answers),
                      loads_, loading_};
  std::optional<CastAnswer> answer = co_await casts_.load(std::move(request));
  if (!answer || ended_) co_return;
  const bool loaded = answer->set != nullptr;
  if (loaded) adopt(std::move(answer->set));
  output_.send(std::move(answer->frames));
  if (!loaded || !selection_.stands_in) co_return;
  events::Configure again;
  again.stand_in = true;
  again.asked = false;
  std::string nobody;
  co_await configure(std::move(again), std::move(nobody));
}

/// The client may come back to it, unless scripts take much of the memory that there is for all.
void Session::leave_conversation() {
  std::optional<History> history = dialogue_.end();
  std::optional<Stage::Entrance> entrance = stage_.leave();
  if (!entrance) return;
  const MemoryBudget& memory = *environment_.loader.budget();
  if (!history || memory.used() > memory.total() / 2) {
    forget_left_conversations();
    return stage_.dismiss(std::move(*entrance));
  }
  auto gone = left_.keep({selection_, std::move(*entrance), std::move(*history)});
  if (gone) stage_.dismiss(std::move(gone->entrance));
}

void Session::forget_left_conversations() {
  for (LeftConversation& left : left_.take_all()) stage_.dismiss(std::move(left.entrance));
}

/// The new cast takes the place of the old one; nothing of the old conversation goes on.
void Session::adopt(CharacterSetPtr set) {
  series_.add_loaded(set->report().loaded);
  const History gone = dialogue_.end().value_or(History());
  for (const std::string& item : gone.items()) output_.tell(events::ItemRemoved{item});
  forget_left_conversations();
  stage_.adopt(std::move(set));
  series_.set_character_count(characters_.set().characters().size());
  selection_.forget_character();
}

void Session::list_cast(std::string_view answers) {
  events::CastListed listed = listing_of(characters_.set());
  listed.active = selection_.name();
  output_.tell(listed, answers);
}

void Session::tell_error(const Error& error, std::string_view answers, Failure::Kind kind) {
  output_.tell(events::failure_of(error, kind), answers);
}

}  // namespace unmuted
