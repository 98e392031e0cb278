#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace unmuted {

/// What is wrong with a command line, in one line without the program's name: CLI11's own words, or, for a
/// command or an option that `app` does not know, which one that is and the one that was probably meant.
std::string usage_error(const CLI::App& app, const CLI::Error& error);

}  // namespace unmuted
