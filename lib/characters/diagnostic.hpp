#pragma once

#include <span>
#include <string>
#include <string_view>

namespace unmuted {

enum class Severity { error, warning };

/// A place in a text file. Both are 1-based, the column in code points; 0 when unknown.
struct Position {
  int line = 0;
  int column = 0;
};

/// One problem of a character file. The server puts them into `errors` and `warnings`, charctl prints them.
struct Diagnostic {
  std::string file;  ///< relative to the cast directory: "quiz-show.lua"
  int line = 0;      ///< 1-based; 0 when it concerns the whole file
  int column = 0;    ///< 1-based, in code points; 0 when unknown
  Severity severity = Severity::error;
  std::string code;     ///< stable, listed in docs/errors.md: "missing-field"
  std::string message;  ///< one line of UTF-8, at most 300 bytes
  std::string help;     ///< what to do about it, at most 300 bytes; may be empty

  bool operator==(const Diagnostic&) const = default;
};

/// What is known about one code. The table of them is the only place where a code gets its severity.
struct DiagnosticCode {
  std::string_view code;
  Severity severity;
  std::string_view metric_error_type;  ///< label of worker_character_load_errors; empty for warnings
  std::string_view meaning;            ///< one sentence
};

/// Every code that a diagnostic can have.
std::span<const DiagnosticCode> diagnostic_codes();

/// A code that is not in the table is a bug: std::logic_error.
Severity severity_of(std::string_view code);

/// A diagnostic with the severity of its code, one of the table; file and message are made printable, message
/// and help cut to size.
Diagnostic make_diagnostic(std::string_view file, Position at, std::string_view code,
                           std::string_view message, std::string_view help = {});

/// The value of the `error_type` label under which a code counts in worker_character_load_errors.
std::string_view metric_error_type(std::string_view code);

}  // namespace unmuted
