#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "characters/character.hpp"
#include "core/memory_budget.hpp"

namespace unmuted::formats {

/// What came of one file: a character when there is no error among the diagnostics, otherwise null.
struct CharacterReading {
  std::shared_ptr<Character> character;
  std::vector<Diagnostic> diagnostics;  ///< all of them, in the order of the file
  bool server_exhausted = false;        ///< no memory was left for scripts: the file may well be fine
};

/// What a format may use while it reads one file.
struct ReadOptions {
  script::Limits script_limits;            ///< load_cpu: what is left for this file, perhaps nothing
  std::chrono::milliseconds script_cpu{};  ///< what there was for all files of the directory together
  std::shared_ptr<MemoryBudget> budget;    ///< of scripts
  std::stop_token stop;                    ///< ends a script
};

/// One format of character files: a row of the table.
struct Format {
  std::string_view name;       ///< as in Origin::format
  std::string_view extension;  ///< of its files, in small letters: ".lua"
  std::size_t max_bytes;       ///< of one file
  CharacterReading (*read)(Origin origin, const ReadOptions& options);
};

/// The table.
std::span<const Format> all();

/// Whether a file of that name is a candidate for a character: it has the extension of a format, in any case,
/// and is not hidden.
bool is_candidate(std::string_view file_name);

/// The format of a file of that name; the first of all where it has the extension of none.
const Format& format_of(std::string_view file_name);

}  // namespace unmuted::formats
