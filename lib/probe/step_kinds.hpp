#pragma once

#include <span>
#include <string>
#include <string_view>

#include "probe/scenario.hpp"

namespace YAML {
class Node;
}

namespace unmuted::probe {

class StepReader;

/// What a function that reads a kind of step is given.
struct StepText {
  const YAML::Node& value;     ///< what stands behind its name
  const std::string& session;  ///< whose step it is; empty for all but those of sessions
  const StepReader& steps;     ///< reads the steps within it
  Step& step;                  ///< what it becomes a part of
};

/// One kind of step: a row of the table, which is the only place where its name stands.
struct StepKind {
  std::string_view name;  ///< its key in a scenario
  /// Reads what stands behind the name, and throws a YamlFault where it makes no sense; null: nothing can.
  StepBody (*read)(const StepText& text) = nullptr;
  StepBody (*alone)(const StepText& text) =
      nullptr;            ///< of the name without anything behind it; null: a mistake
  bool answered = false;  ///< `label` and `capture` may stand beside it
  bool sounds = false;    ///< `label` may
  /// Whether it can fail because of what the server does. Files, pauses, and what is only sent cannot.
  bool (*checks)(const StepBody& what) = [](const StepBody&) { return true; };
};

/// What a session can do, and all the other steps; in the order in which messages list them.
std::span<const StepKind> session_steps();
std::span<const StepKind> other_steps();

/// The row of that name, or null.
const StepKind* find_kind(std::span<const StepKind> kinds, std::string_view name);

/// "open, refused, send": the names of all, or of those that can stand alone.
std::string names_of(std::span<const StepKind> kinds, bool alone_only = false);

}  // namespace unmuted::probe
