#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "audio/pcm.hpp"
#include "net/asio.hpp"
#include "probe/condition.hpp"
#include "probe/outcome.hpp"

namespace unmuted::probe {

/// 24 kHz mono.
using Sound = std::shared_ptr<const audio::Samples>;

inline constexpr const char* default_voice = "flite:slt";

// What is wrong with a text that is to be spoken, and with the name of a voice, if anything.
std::optional<std::string> fault_in_text(const std::string& text);
std::optional<std::string> fault_in_voice(const std::string& voice);

/// Makes sound of texts, as the server's embedded speech does, each once for as long as there is room. For
/// the thread of its executor, whose context outlives it.
class Speech {
 public:
  explicit Speech(const net::asio::any_io_executor& executor);
  ~Speech();

  /// Problems are of the environment.
  net::awaitable<Resolved<Sound>> sound_of(std::string text, std::string voice);

 private:
  struct Engine;
  struct Made;

  net::awaitable<Resolved<Sound>> make(std::string text, std::string voice);

  net::asio::any_io_executor executor_;
  std::unique_ptr<Engine> engine_;  ///< from the first text on
  Condition changed_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Made>> made_;  ///< or being made
  std::size_t samples_ = 0;                                                    ///< of them
};

}  // namespace unmuted::probe
