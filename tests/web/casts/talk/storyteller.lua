-- Speaks for half a minute unless it is interrupted.
local sentence = "Once upon a time there was a river, and the river was long. "

return {
  name = "Storyteller",
  voice = { source_type = "file", path_on_server = "voices/storyteller.wav" },
  instructions = { text = "You tell a long story.", language = "en" },
  vocabulary = { "please stop talking" },
  greeting = sentence:rep(10),
  reply = function() return "As you wish." end,
  metadata = { good = true, comment = "Does not end by itself.", tags = { "test" } },
}
