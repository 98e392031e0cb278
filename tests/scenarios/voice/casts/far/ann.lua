-- Has the name of another, and neither her words nor her voice.
return {
  name = "Ann",
  voice = { source_type = "file", path_on_server = "voices/far/ann.wav", names = { embedded = "flite:rms" } },
  instructions = { text = "Be somebody else.", language = "en" },
  vocabulary = { "good morning", "how are you", "tell me more" },
  greeting = "Welcome aboard.",
  reply = function(self, ctx) return "So you say: " .. ctx.history[#ctx.history].content end,
}
