#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "probe/pattern.hpp"

namespace unmuted::probe {

/// Where something stands in the scenario file, counted from 1.
struct Place {
  int line = 0;
  int column = 0;
};

using Milliseconds = std::chrono::milliseconds;
using Headers = std::vector<std::pair<std::string, std::string>>;

/// Whether `text` has a CR, LF or NUL in it: in the first line or a header of a request it would end there.
bool ends_line(std::string_view text);

// What a session can be told to do. Texts may hold `${NAME}`.
struct Open {
  Pattern agreed;  ///< on {subprotocol}
};
struct Refused {
  Pattern error;  ///< on {code, message}
};
struct Close {
  std::uint16_t code = 1000;
  std::string reason;
};
struct Vanish {};  ///< the socket is closed without a close frame
struct Send {
  Json event;
};
struct SendRaw {
  std::string payload;
  bool binary = false;
};
struct Expect {
  Pattern event;  ///< the first that matches; what was passed over stays
};
struct Next {
  Pattern event;  ///< exactly the next one
};
struct Absent {
  Pattern event;  ///< none of those that have arrived and were not taken
};
struct ExpectAll {
  std::vector<Pattern> events;  ///< each an event of its own, in any order
};
struct ExpectClosed {
  Pattern end;  ///< on {code, reason, orderly}
};
struct SpokenText {
  std::string text, voice;  ///< the voice as characters name embedded ones
};
struct AudioFile {
  std::string path;  ///< of a WAV file; a relative one starts where the scenario is
};
/// Sound that is sent in real time.
struct Speak {
  std::variant<SpokenText, AudioFile> what;
  Milliseconds then_silence{};
};
/// Waits for an event, and some time more, before it does something.
struct SendAfter {
  Pattern event;
  Milliseconds delay{};
  std::variant<Send, Speak> then;
};
using Action = std::variant<Open, Refused, Close, Vanish, Send, SendRaw, Expect, Next, Absent, ExpectAll,
                            ExpectClosed, Speak, SendAfter>;

struct SessionStep {
  std::string session;
  Action action;
};

struct Step;

// What orders other steps, or waits.
struct Parallel {
  std::vector<std::vector<Step>> branches;
};
struct Repeat {
  std::size_t times = 1;
  std::vector<Step> steps;  ///< see the round as `${round}`, from 0
};
struct Sleep {
  Milliseconds time{};
};

// What asks the server by HTTP, for an answer or for its metrics.
struct Scrape {
  std::string into;  ///< a name for `metric(name, INTO)`
  std::string path = "/metrics";
};
struct Assert {
  std::vector<std::string> assertions;
};
struct HttpStep {
  std::string method = "GET";
  std::string path;
  Headers headers;
  std::string body;
  Pattern response;  ///< on {status, headers.<lower case name>, text, body (when it is JSON)}
};
using RequestStep = std::variant<Scrape, Assert, HttpStep>;

// What looks into a server, which must be inside this process.
struct HoldPool {};
struct ReleasePool {};
struct WaitHeld {
  std::size_t count = 1;
};
struct ServerHolds {
  std::optional<std::size_t> sessions, modules, characters;
};
struct ReloadDefault {
  Pattern outcome;  ///< on {ok, code, message}
};
using ServerStep = std::variant<HoldPool, ReleasePool, WaitHeld, ServerHolds, ReloadDefault>;

// What changes files beneath `${TMP}`; these alone may be in the setup.
struct WriteFile {
  std::string path, text;
};
struct CopyFiles {
  std::string from, to;
};
struct RemoveFiles {
  std::string path;
};
using FileStep = std::variant<WriteFile, CopyFiles, RemoveFiles>;

using StepBody = std::variant<SessionStep, Parallel, Repeat, Sleep, RequestStep, ServerStep, FileStep>;

struct StepKind;

/// How long after another step something must happen.
struct TimeLimit {
  std::string of;  ///< the label of that step
  Milliseconds at_most{};
};

struct Step {
  Place place;
  std::string source;  ///< the line of the file, for reports
  /// Bounds the wait; absent: ten seconds, and assertions are evaluated once instead of until they hold.
  std::optional<Milliseconds> within;
  std::optional<TimeLimit> limit;  ///< of expect and next
  std::string label;               ///< of expect and next: where the latency is counted; also of sound
  std::map<std::string, JsonPath> capture;  ///< of expect, next and http: variables from the answer
  const StepKind* kind = nullptr;           ///< its row of the table
  StepBody what;

  /// How long it may wait.
  [[nodiscard]] Milliseconds patience() const { return within.value_or(Milliseconds(10'000)); }
};

struct SessionSpec {
  std::size_t count = 1;
  bool group = false;  ///< `count` was given: captures belong to the member
  std::string subprotocol = "realtime";
  Headers headers;
  bool microphone = false;    ///< sends silence while it says nothing
  bool decoder_rules = true;  ///< audio that a browser could not play is a failure
};

/// How a server inside the process is started; every text may hold `${NAME}`. What is absent keeps the
/// server's default.
struct ServerSpec {
  Place place;
  std::optional<std::string> characters;
  std::optional<std::vector<std::string>> roots, origins;
  std::optional<std::size_t> max_sessions, threads;
  std::optional<Milliseconds> ping_interval;
  std::optional<std::string> llm, llm_model;
  std::optional<Milliseconds> llm_patience, llm_idle_timeout;
  std::optional<std::size_t> pace;  ///< words per minute
  std::optional<std::string> tts, stt;
  std::optional<Milliseconds> audio_lead;
};

struct Scenario {
  std::string name;
  std::string file;  ///< as it was given
  std::map<std::string, Json> variables;
  std::map<std::string, SessionSpec> sessions;
  std::optional<ServerSpec> server;
  std::vector<Step> setup;  ///< file steps, before the server starts
  std::vector<Step> steps;
};

/// Whether any of the steps looks into a server, which must then be inside this process.
bool needs_in_process(const std::vector<Step>& steps);

/// Whether any of the steps can fail because of what the server does. Files, pauses, and what is only sent
/// cannot, nor what is done no times or by no session.
bool checks_something(const Scenario& scenario);

/// Reads a scenario. `file` only names it. Errors: invalid_scenario, also of one that checks nothing; its
/// `where` is file:line:column. file_too_large (1 MiB).
Result<Scenario> parse_scenario(std::string_view text, std::string file);

/// The same from a file, which must be a regular one. Further errors: file_failed.
Result<Scenario> load_scenario(const std::string& file);

/// A pattern alone, written as in a scenario: `{type: error, error.code: directory_not_found}`.
/// Errors: invalid_scenario.
Result<Pattern> parse_pattern(std::string_view yaml);

/// "150ms", "2s", "1m", or a plain number of seconds.
std::optional<Milliseconds> parse_duration(std::string_view text);

/// "150 ms", or "2 s" where it is whole seconds.
std::string show(Milliseconds time);

}  // namespace unmuted::probe
