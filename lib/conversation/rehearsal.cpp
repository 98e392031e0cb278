#include "conversation/rehearsal.hpp"

#include "conversation/chat_message.hpp"
#include "conversation/history.hpp"
#include "core/utf8.hpp"

namespace unmuted {
namespace {

/// The sentences of one language; what is filled in stands between two of them.
struct Phrases {
  std::string_view hello;
  std::string_view before_name, after_name;
  std::string_view no_model;
  std::string_view before_heard, after_heard;
  std::string_view heard_nothing;
};

constexpr Phrases english{"Hello.",
                          "Hello, this is ",
                          ".",
                          "No language model is connected, so I can only repeat what I hear. ",
                          "I heard: \"",
                          "\".",
                          "I heard nothing."};
constexpr Phrases french{
    "Bonjour.",
    "Bonjour, ici ",
    ".",
    "Aucun modèle de langue n'est connecté, alors je ne peux que répéter ce que j'entends. ",
    "J'ai entendu : « ",
    " ».",
    "Je n'ai rien entendu."};

std::string_view last_heard(std::span<const events::Message> chat_history) {
  const events::Message& last = chat_history.back();
  if (last.role != name_of(ChatMessage::Role::user) || last.content == History::silence) return {};
  return last.content;
}

}  // namespace

std::string rehearsal_reply(std::string_view name, std::string_view language,
                            std::span<const events::Message> chat_history) {
  const Phrases& phrases = language.starts_with("fr") ? french : english;
  std::string reply;
  if (chat_history.empty()) {
    if (name.empty()) return std::string(phrases.hello);
    return reply.append(phrases.before_name).append(name).append(phrases.after_name);
  }
  reply += phrases.no_model;
  const std::string_view heard = last_heard(chat_history);
  if (heard.empty()) return reply.append(phrases.heard_nothing);
  return reply.append(phrases.before_heard)
      .append(shorten(heard, max_rehearsed_bytes))
      .append(phrases.after_heard);
}

}  // namespace unmuted
