#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "characters/character.hpp"
#include "characters/script/state.hpp"

namespace unmuted::formats {

/// What came of one file: a character when there is no error among the diagnostics, otherwise null.
struct CharacterReading {
  std::shared_ptr<Character> character;
  std::vector<Diagnostic> diagnostics;  ///< all of them, in the order of the file
  bool server_exhausted = false;        ///< no memory was left for scripts: the file may well be fine
};

/// Runs a character file in a throw-away script state and checks everything that it returns. `stop` ends the
/// script.
CharacterReading read_lua_character(const std::string& file_name, std::string source,
                                    std::shared_ptr<const script::Resources> resources,
                                    const script::Limits& limits, const std::shared_ptr<MemoryBudget>& budget,
                                    const std::stop_token& stop);

/// The code of a failure while a file is loaded.
std::string_view load_failure_code(script::FailureKind kind);

/// A script's failure as a diagnostic of its character's file, with what can be seen in the text that failed.
/// What fails inside a resource is told at the `require`, with the resource's place in the message; of
/// `resources`, when given, the text is looked at as well. A failure to read a text may change its code.
Diagnostic explain_failure(const script::Failure& failure, const std::string& file_name,
                           std::string_view source, std::string_view code,
                           const script::Resources* resources = nullptr);

}  // namespace unmuted::formats
