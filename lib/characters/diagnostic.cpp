#include "characters/diagnostic.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "core/utf8.hpp"

namespace unmuted {
namespace {

constexpr std::size_t max_message_bytes = 300;

constexpr std::array codes{
    DiagnosticCode{"syntax-error", Severity::error, "SyntaxError", "The file is not Lua."},
    DiagnosticCode{"script-error", Severity::error, "ScriptError", "The script raised an error."},
    DiagnosticCode{"prompt-error", Severity::error, "ScriptError", "The function system_prompt failed."},
    DiagnosticCode{"script-timeout", Severity::error, "ScriptLimit",
                   "The script ran for too long and was ended."},
    DiagnosticCode{"script-memory", Severity::error, "ScriptLimit", "The script asked for too much memory."},
    DiagnosticCode{"missing-field", Severity::error, "MissingAttribute", "A required field is not there."},
    DiagnosticCode{"invalid-field", Severity::error, "ValidationError",
                   "A field has a value that it cannot have."},
    DiagnosticCode{"not-utf8", Severity::error, "ValidationError", "A text is not UTF-8."},
    DiagnosticCode{"duplicate-name", Severity::error, "DuplicateName",
                   "An earlier file of the directory has a character of the same name."},
    DiagnosticCode{"invalid-tool", Severity::error, "ToolValidationError", "A tool breaks a rule of tools."},
    DiagnosticCode{"duplicate-tool", Severity::error, "ToolValidationError", "Two tools have the same name."},
    DiagnosticCode{"missing-tool-handler", Severity::error, "MissingToolHandler",
                   "A tool has no function `run`."},
    DiagnosticCode{"unreadable", Severity::error, "FileError", "The file cannot be read."},
    DiagnosticCode{"not-a-regular-file", Severity::error, "FileError",
                   "The name belongs to something else than a file."},
    DiagnosticCode{"escapes-directory", Severity::error, "FileError",
                   "A symbolic link leads out of the directory."},
    DiagnosticCode{"file-too-large", Severity::error, "FileError",
                   "The file is larger than a script may be."},
    DiagnosticCode{"too-many-files", Severity::error, "FileError",
                   "The directory has more candidates than allowed."},
    DiagnosticCode{"directory-too-large", Severity::error, "FileError",
                   "The files of the directory are larger together than allowed."},
    DiagnosticCode{"resource-not-found", Severity::error, "ImportError",
                   "`require` found no usable resource."},
    DiagnosticCode{"resource-cycle", Severity::error, "ImportError",
                   "Resources require each other in a circle."},
    DiagnosticCode{"unknown-field", Severity::warning, "", "A field that no character has; it is ignored."},
    DiagnosticCode{"language-mismatch", Severity::warning, "",
                   "The text is not in the language that is declared."},
    DiagnosticCode{"unpronounceable", Severity::warning, "",
                   "The greeting holds something that cannot be spoken."},
    DiagnosticCode{"name-collision", Severity::warning, "",
                   "Two names differ only in case, or in how Unicode spells them."},
    DiagnosticCode{"voice-shared", Severity::warning, "", "Two characters have the same voice."},
    DiagnosticCode{"unknown-voice", Severity::warning, "", "The embedded speech has no voice of that name."},
};

const DiagnosticCode* find_code(std::string_view code) {
  const auto found =
      std::find_if(codes.begin(), codes.end(), [&](const auto& known) { return known.code == code; });
  return found == codes.end() ? nullptr : &*found;
}

}  // namespace

std::span<const DiagnosticCode> diagnostic_codes() {
  return codes;
}

Severity severity_of(std::string_view code) {
  const DiagnosticCode* known = find_code(code);
  if (known == nullptr) throw std::logic_error("unknown diagnostic code: " + std::string(code));
  return known->severity;
}

Diagnostic make_diagnostic(std::string_view file, Position at, std::string_view code,
                           std::string_view message, std::string_view help) {
  return {.file = printable(file),
          .line = at.line,
          .column = at.column,
          .severity = severity_of(code),
          .code = std::string(code),
          .message = shorten(printable(message.substr(0, max_message_bytes + 1)), max_message_bytes),
          .help = shorten(help, max_message_bytes)};
}

std::string_view metric_error_type(std::string_view code) {
  const DiagnosticCode* known = find_code(code);
  return known == nullptr ? std::string_view{} : known->metric_error_type;
}

}  // namespace unmuted
