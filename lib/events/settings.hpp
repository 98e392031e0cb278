#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace unmuted::events {

// How conversations go: what a client may set, now or for one reply. What is not given stays as it was, or is
// the server's to choose.

/// A function of the client's that the model may call: it is handed out as an Item, and the client answers.
struct ClientTool {
  std::string name;
  std::string description{};
  std::string parameters{};  ///< JSON Schema, as text; may be empty
};

struct ToolChoice {
  enum class Kind { free, none, required, named };
  Kind kind = Kind::free;
  std::string name{};  ///< of the tool, where one is named
};

struct ReplyOptions {
  /// What the model shall be told: added to what a character of the cast says of itself, and all there is of
  /// a voice without one. Empty: nothing.
  std::optional<std::string> instructions{};
  std::optional<std::vector<ClientTool>> tools{};
  std::optional<ToolChoice> tool_choice{};
  std::optional<bool> written{};    ///< replies are text as the model writes it, and nobody speaks
  std::optional<int> max_tokens{};  ///< that the model may write; 0: as many as it likes
};

/// Who says when the user's turn is over, and what follows.
struct TurnRules {
  enum class By {
    silence,
    meaning,  ///< silence, which counts for more where the last word asks for more
    client,   ///< the client says so; voice means nothing
  };
  enum class Eagerness { automatic, low, medium, high };

  std::optional<By> by{};
  std::optional<std::chrono::milliseconds> silence{};  ///< that ends a turn
  std::optional<Eagerness> eagerness{};                ///< where it goes by meaning
  std::optional<bool> replies{};                       ///< a reply follows by itself
  std::optional<bool> interrupts{};                    ///< voice interrupts a reply
  /// Without anybody speaking for so long, in received sound, the bot says something; 0: never.
  std::optional<std::chrono::milliseconds> idle{};
};

struct Settings {
  ReplyOptions reply{};
  TurnRules turns{};
  std::optional<std::string> language{};  ///< that the user speaks
  std::optional<bool> opens{};            ///< the character speaks first
  std::optional<bool> hangs_up{};         ///< a farewell of the character's ends the connection
  std::optional<bool> counts_tokens{};    ///< the client is told what replies cost
  /// What the client set and only its dialect knows the meaning of, by a name of the dialect's.
  std::map<std::string, nlohmann::json, std::less<>> noted{};
};

/// What is given takes the place of what was.
void merge(ReplyOptions& into, ReplyOptions given);
void merge(TurnRules& into, TurnRules given);
void merge(Settings& into, Settings given);

}  // namespace unmuted::events
