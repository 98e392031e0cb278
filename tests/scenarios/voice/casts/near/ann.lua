-- Says what she heard.
return {
  name = "Ann",
  voice = { source_type = "file", path_on_server = "voices/ann.wav", names = { embedded = "flite:slt?pitch=200" } },
  instructions = { text = "Be Ann.", language = "en" },
  vocabulary = { "good morning", "how are you", "tell me more" },
  greeting = "Good morning.",
  reply = function(self, ctx) return "You said: " .. ctx.history[#ctx.history].content end,
}
