#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace unmuted::charctl {

// What a typed line asks for.
struct Say {
  std::string text;
};
struct ShowHelp {};
struct ListCharacters {};
struct Reload {
  std::string directory;  ///< empty: the present one
};
struct Select {
  std::string name;
};
struct ShowHistory {};
struct Quit {};
struct Misunderstood {
  std::string why;
};

using ChatCommand =
    std::variant<Say, ShowHelp, ListCharacters, Reload, Select, ShowHistory, Quit, Misunderstood>;

/// Nothing for a blank line.
std::optional<ChatCommand> parse_chat_command(std::string_view line);

/// What /help prints.
std::string_view chat_help();

}  // namespace unmuted::charctl
