#pragma once

#include <string>
#include <string_view>

namespace unmuted {

enum class Severity { error, warning };

/// One problem of a character file. The server puts them into `errors` and `warnings`, charctl prints them.
struct Diagnostic {
  std::string file;  ///< relative to the cast directory: "quiz-show.lua", "resources/questions.lua"
  int line = 0;      ///< 1-based; 0 when it concerns the whole file
  int column = 0;    ///< 1-based, in code points; 0 when unknown
  Severity severity = Severity::error;
  std::string code;     ///< stable, listed in docs/errors.md: "missing-field"
  std::string message;  ///< one line of UTF-8, at most 300 bytes
  std::string help;     ///< what to do about it; may be empty
};

/// The value of the `error_type` label under which a code counts in worker_character_load_errors.
std::string_view metric_error_type(std::string_view code);

}  // namespace unmuted
