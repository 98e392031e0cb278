#pragma once

#include <boost/asio/io_context.hpp>

#include "characters/character_set.hpp"
#include "core/result.hpp"
#include "session/host.hpp"

namespace unmuted::charctl {

class ChatScreen;
struct ChatArguments;

/// What a server has around its sessions, for the one at a terminal, and the loop on which that lives.
struct ChatHost {
  /// `screen` lives longer.
  ChatHost(CharacterSetPtr set, ChatScreen& screen, const ChatArguments& arguments);
  ~ChatHost() { host.stop(); }  // what its pool delivers wakes the loop
  ChatHost(const ChatHost&) = delete;
  ChatHost& operator=(const ChatHost&) = delete;

  /// The language model of the arguments, if there is one, speaks for the characters. Error: its address, or
  /// what is to be added to its requests.
  Result<void> find_model(const ChatArguments& arguments);

  /// What comes with the server speaks for the characters and, where it can, listens to the user.
  Result<void> find_speech();
  [[nodiscard]] bool listens() const { return host.environment.speech_to_text != nullptr; }

  ChatScreen& screen;
  boost::asio::io_context io{1};
  SessionHost host;
};

}  // namespace unmuted::charctl
