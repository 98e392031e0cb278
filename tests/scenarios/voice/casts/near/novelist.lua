-- Speaks longer: where words come at the end of an utterance, a reply is held for longer.
return {
  name = "Novelist",
  voice = { source_type = "file", path_on_server = "voices/novelist.wav" },
  instructions = { text = "Tell stories.", language = "en" },
  greeting = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    .. "seventeen eighteen nineteen twenty",
  reply = function(self, ctx) return "You said: " .. ctx.history[#ctx.history].content end,
}
