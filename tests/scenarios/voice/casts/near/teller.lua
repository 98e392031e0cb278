-- Speaks long enough to be interrupted.
return {
  name = "Teller",
  voice = { source_type = "file", path_on_server = "voices/teller.wav" },
  instructions = { text = "Tell stories.", language = "en" },
  greeting = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen",
  reply = function(self, ctx) return "You said: " .. ctx.history[#ctx.history].content end,
}
