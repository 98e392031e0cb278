-- Loads; has a resource, a tool and a greeting.
local plants = require "plants"

return {
  name = "Gardener",
  voice = { source_type = "file", path_on_server = "voices/gardener.wav" },
  instructions = { text = "You know these plants:\n{{plants}}", language = "en" },
  greeting = "Mind the roses.",
  tools = {
    {
      name = "count_plants",
      description = "How many plants there are",
      run = function() return #plants end,
    },
  },
  system_prompt = function(self, ctx)
    return ctx.base(self.instructions.text, { plants = plants })
  end,
}
