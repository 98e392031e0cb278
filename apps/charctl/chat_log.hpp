#pragma once

#include <memory>

#include <boost/asio/io_context.hpp>

namespace spdlog {
class logger;
}

namespace unmuted::charctl {

class ChatScreen;

// The logs of a server, of which a conversation at a terminal shows little. Both live no longer than what
// they are given.

/// Of sessions: what characters log is put on the screen, by the thread of `io`, and nothing else is.
std::shared_ptr<spdlog::logger> script_log(boost::asio::io_context& io, ChatScreen& screen);

/// Of a language model whose replies run on the screen's thread: what it has to say to an operator is put
/// there.
std::shared_ptr<spdlog::logger> model_log(ChatScreen& screen);

}  // namespace unmuted::charctl
