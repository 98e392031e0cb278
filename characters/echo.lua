-- For trying out microphones and connections: says back what it heard. Not `good`, so that no list of
-- characters for visitors shows it; whoever knows the name can still select it.

local speech = require "speech"

local MAX_WORDS = 30

return {
  name = "Echo",
  voice = {
    source_type = "file",
    path_on_server = "unmuted/echo.wav",
    names = { embedded = "flite:kal16" },
    description = "A neutral voice for tests",
  },
  instructions = {
    language = "en",
    text = "Repeat what the person said, word for word, and add nothing. If they said nothing, say: I hear nothing.",
  },
  metadata = { good = false, comment = "Repeats what it hears, to test a connection.", tags = { "test" } },

  reply = function(self, ctx)
    if speech.opening(ctx.history) then return "This is the echo. Say something, and I will repeat it." end
    local said = speech.heard(ctx.history)
    if said == "" then return "I hear nothing." end
    if said == "goodbye" or said == "bye" then return { text = "Bye!", close = true } end

    local words = {}
    for i, word in ipairs(text.split(said, " ")) do
      if i > MAX_WORDS then break end
      words[i] = string.sub(word, 1, 40)
    end
    return "I heard: " .. table.concat(words, " ") .. "."
  end,
}
