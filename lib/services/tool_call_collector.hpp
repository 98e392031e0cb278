#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "characters/character.hpp"
#include "conversation/chat_message.hpp"
#include "core/result.hpp"
#include "services/json_extent.hpp"

namespace unmuted {

/// Puts tool calls together from the fragments in which servers stream them. Servers differ in what they
/// repeat, leave out and number alike, so no field alone tells calls apart:
///
/// - A new id begins a new call, and so does a name where the call before it is complete. An id without a
/// name
///   does not while that call is not complete: some servers make up an id for every fragment.
/// - What is empty, null or missing changes nothing.
/// - Arguments that begin anew within a call replace the earlier ones: a last fragment may repeat all of
/// them. So do those that begin with everything there was, as of servers that send all of it each time;
/// should that give no JSON while the fragments one after the other do, those are the arguments.
/// - A name may have a decoration that offered_tool() knows, and arguments may be a text that holds them, be
/// in a fence, or be null or blank, which is an empty object.
class ToolCallCollector {
 public:
  static constexpr std::size_t max_calls = 128;
  static constexpr std::size_t max_bytes = 256U << 10U;  ///< names, ids and arguments of all calls

  /// `offered`: the tools of the request; they live longer.
  explicit ToolCallCollector(std::span<const Tool> offered = {}) : offered_(offered) {}

  /// The `tool_calls` of one chunk. `last`: the chunk ends the reply. Error: service_unavailable, when there
  /// is too much; the message is the cause alone.
  Result<void> feed(const nlohmann::json& fragments, bool last);

  /// The calls in the order in which they began. Those that never got a name are left out, and counted.
  std::vector<ToolCall> take();
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

 private:
  struct Fragment;
  struct Call {
    std::optional<std::int64_t> index;
    std::string id, name, arguments;
    std::string earlier;    ///< whole arguments before something was added to them
    std::string joined;     ///< all fragments, where one has replaced those before it
    JsonExtent extent;      ///< of the arguments
    bool begun = false;     ///< the arguments have more than blanks
    bool whole = false;     ///< they are one object or array, as far as brackets tell
    std::size_t chunk = 0;  ///< that the call began in

    void restart();
    void append(std::string_view more);
    [[nodiscard]] bool grows_to(std::string_view all) const;
  };

  Result<void> feed_fragment(Fragment fragment);
  Call* call_of(const Fragment& fragment);
  [[nodiscard]] bool continues(const Call& call, const Fragment& fragment) const;
  [[nodiscard]] bool renames(const Call& call, const Fragment& fragment) const;
  void extend(Call& call, const Fragment& fragment);

  std::span<const Tool> offered_;
  std::vector<Call> calls_;
  std::size_t last_ = 0;  ///< the call that the last fragment belonged to
  std::size_t chunks_ = 0;
  std::size_t bytes_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace unmuted
