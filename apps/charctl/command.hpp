#pragma once

#include <string>
#include <string_view>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>

#include "characters/character_loader.hpp"
#include "characters/script_instance.hpp"
#include "core/result.hpp"

namespace unmuted::charctl {

/// Exit codes of every command.
enum Exit { fine = 0, findings = 1, usage = 2 };

/// What a command is told beside its own arguments.
struct Globals {
  std::string color = "auto";  ///< auto, always or never
  int exit_code = fine;        ///< set by the command that ran

  /// On one of the standard streams.
  [[nodiscard]] bool use_color(int descriptor = STDOUT_FILENO) const;
};

// Each adds its command to `app`. Both must live until the command line was parsed.
void add_check(CLI::App& app, Globals& globals);
void add_list(CLI::App& app, Globals& globals);
void add_show(CLI::App& app, Globals& globals);
void add_prompt(CLI::App& app, Globals& globals);
void add_call(CLI::App& app, Globals& globals);
void add_chat(CLI::App& app, Globals& globals);
void add_say(CLI::App& app, Globals& globals);

/// Adds `--format text|json`, kept in `format`.
void add_format(CLI::App& command, std::string& format);

/// The loader with the limits of the server's defaults.
CharacterLoader make_loader();

/// The real path of a directory as it was typed.
Result<std::string> real_directory(const std::string& typed);

/// The cast of a directory as it was typed; says on stderr when some of its files do not load.
Result<CharacterSetPtr> load_set(const std::string& typed);

/// To run a character's script here, within the limits of `loader`; what it logs goes to stderr.
InstanceOptions instance_options(const CharacterLoader& loader, std::uint64_t seed);

/// Says on stderr what is wrong, in one line. Gives the exit code for it.
int report(const Error& error);

/// JSON on stdout, indented, whatever bytes are in it.
void print_json(const nlohmann::json& value);

/// `file:line:col: error[code]: message`, the line of `source` with a caret, and the help.
void print_text(const Diagnostic& diagnostic, std::string_view source, bool color);

}  // namespace unmuted::charctl
