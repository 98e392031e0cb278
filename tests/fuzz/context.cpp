// What a session puts into a script: a conversation and a client's context of any kind and size end no
// script, and no call of one that only looks at them.
//
// The input is the context as JSON, a byte 0, and the texts of the conversation, separated by bytes 0.

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "characters/formats/lua_format.hpp"
#include "characters/script_instance.hpp"
#include "conversation/prompt.hpp"
#include "core/json.hpp"
#include "core/utf8.hpp"
#include "fuzz/fuzz.hpp"

namespace {

using namespace unmuted;
using nlohmann::json;

// Walks over all that it is given, and says as much of it as a script would.
constexpr const char* source = R"lua(
local function count(value)
  if type(value) == "string" then return 1 + #value - #value end
  if type(value) ~= "table" then return 1 end
  local all = 1
  for key, member in pairs(value) do all = all + count(key) + count(member) end
  return all
end
return {
  name = "Counter",
  voice = { source_type = "file", path_on_server = "counter.wav" },
  instructions = { text = "Count." },
  reply = function(self, ctx)
    local last = ctx.history[#ctx.history]
    local said = last and last.content or ""
    return count(ctx) .. ": you said " .. text.lower(said) .. ", I heard " .. said
  end,
  tools = { { name = "count", description = "counts", run = function(arguments) return count(arguments) end } },
}
)lua";

CharacterPtr counter(const std::shared_ptr<MemoryBudget>& budget) {
  auto reading = formats::read_lua({"lua", "counter.lua", source, std::make_shared<script::Resources>()},
                                   {{}, std::chrono::seconds(1), budget, {}});
  FUZZ_CHECK(reading.character);
  return reading.character;
}

ScriptInstancePtr make_instance() {
  static const auto budget = std::make_shared<MemoryBudget>(64U << 20U);
  static const CharacterPtr character = counter(budget);
  InstanceOptions options;
  options.budget = budget;
  options.base_prompt = standard_prompt;
  options.limits.call_cpu =
      std::chrono::seconds(2);  // for slow builds; what is given is bounded all the same
  options.limits.call_wall = std::chrono::seconds(20);
  auto made = ScriptInstance::create(character, std::move(options));
  FUZZ_CHECK(made);
  return *made;
}

/// Of the size that a seed of a few bytes may ask for.
std::string text(std::string_view input) {
  std::string made(input);
  if (made.starts_with("#") && made.size() > 1) {
    const auto times = static_cast<unsigned char>(made[1]) % 64U;
    for (unsigned i = 0; i < times; ++i) made.append(1'000, 'x');
  }
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ScriptInstancePtr instance = make_instance();
  std::string_view input = fuzz::text_of(data, size);
  CallContext context;
  if (auto given = read_json(fuzz::take_text(input), {.max_depth = 1'000}))
    context.context = std::move(*given);
  while (!input.empty()) {
    const std::string said = text(fuzz::take_text(input));
    context.history.push_back(
        {{"role", context.history.size() % 2 == 0 ? "user" : "assistant"}, {"content", said}});
  }

  const auto reply = instance->reply(context);
  FUZZ_CHECK(!instance->dead());
  // A text that is no UTF-8 cannot come back out of a script; the server lets none in.
  if (!reply) FUZZ_CHECK(reply.error().message.find("UTF-8") != std::string::npos);
  if (reply) FUZZ_CHECK(is_utf8(reply->text) && reply->text.size() <= 64U << 10U);

  const auto counted = instance->call_tool("count", {{"value", context.context}}, context);
  FUZZ_CHECK(!instance->dead());
  if (!counted) FUZZ_CHECK(counted.error().code == "script-error");
  return 0;
}
