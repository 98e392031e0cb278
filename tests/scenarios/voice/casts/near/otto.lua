-- The same in German, where "and" is no word that asks for more.
return {
  name = "Otto",
  voice = { source_type = "file", path_on_server = "voices/otto.wav" },
  instructions = { text = "Sei Otto.", language = "de" },
  greeting = "Guten Morgen.",
  reply = function(self, ctx) return "Sie sagen: " .. ctx.history[#ctx.history].content end,
}
