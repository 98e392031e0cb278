// What a session does about its client's requests, one after the other.
#include <optional>
#include <string>
#include <utility>
#include <variant>

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
  } else if (auto* message = std::get_if<events::AddUserMessage>(&request)) {
    dialogue_.user_wrote(std::move(message->text), answers);
  } else {
    dialogue_.reply_requested(answers);
  }
}

awaitable<void> Session::configure(events::Configure wanted, std::string answers) {
  const auto published_before = [this](const Character& character, std::string_view text) {
    return environment_.default_cast.published_before(character.name, text);
  };
  auto change = select(characters_.set(), selection_, wanted, published_before);
  if (!change) co_return tell_error(change.error(), answers, Failure::Kind::invalid_request);
  std::optional<LeftConversation> left;
  if (change->restart) {
    if (wanted.resume) left = left_.take(change->selection);
    if (!left) {
      auto entrance = co_await stage_.prepare(change->selection);
      if (ended_) co_return;
      if (!entrance) {
        environment_.log->warn("session {} {} message={}", id(), entrance.error().code,
                               printable(entrance.error().message));
        tell_error(entrance.error(), answers, Failure::Kind::server_error);
        co_return;
      }
      leave_conversation();
      if (auto former = left_.take(change->selection)) stage_.dismiss(std::move(former->entrance));
      stage_.enter(std::move(*entrance));
    } else {
      leave_conversation();
      stage_.enter(std::move(left->entrance));
      stage_.set_context(change->selection.context);
    }
  } else if (wanted.context) {
    stage_.set_context(*wanted.context);
  }
  for (const Error& warning : change->warnings) tell_error(warning, answers, Failure::Kind::warning);
  selection_ = std::move(change->selection);
  output_.tell(selection_.told(id(), recorder_.allowed()), answers);
  if (change->restart) dialogue_.begin(left ? std::move(left->history) : History());
}

awaitable<void> Session::load_cast(events::LoadCast wanted, std::string answers) {
  CastRequest request{id(),   peer_,   std::move(wanted.directory), output_.dialect(), std::move(answers),
                      loads_, loading_};
  std::optional<CastAnswer> answer = co_await casts_.load(std::move(request));
  if (!answer || ended_) co_return;
  if (answer->set) adopt(std::move(answer->set));
  output_.send(std::move(answer->frames));
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
  dialogue_.end();
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
