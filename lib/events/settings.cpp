#include "events/settings.hpp"

namespace unmuted::events {
namespace {

template <class T>
void take(std::optional<T>& into, std::optional<T>& given) {
  if (given) into = std::move(given);
}

}  // namespace

void merge(ReplyOptions& into, ReplyOptions given) {
  take(into.instructions, given.instructions);
  take(into.tools, given.tools);
  take(into.tool_choice, given.tool_choice);
  take(into.written, given.written);
  take(into.max_tokens, given.max_tokens);
}

void merge(TurnRules& into, TurnRules given) {
  take(into.by, given.by);
  take(into.silence, given.silence);
  take(into.eagerness, given.eagerness);
  take(into.replies, given.replies);
  take(into.interrupts, given.interrupts);
  take(into.idle, given.idle);
}

void merge(Settings& into, Settings given) {
  merge(into.reply, std::move(given.reply));
  merge(into.turns, given.turns);
  take(into.language, given.language);
  take(into.opens, given.opens);
  take(into.hangs_up, given.hangs_up);
  take(into.counts_tokens, given.counts_tokens);
  for (auto& [name, value] : given.noted) into.noted.insert_or_assign(name, std::move(value));
}

}  // namespace unmuted::events
