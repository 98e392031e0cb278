return {
  name = "Fine",
  voice = { source_type = "file", path_on_server = "voices/fine.wav" },
  instructions = { text = "You are fine.", language = "en" },
  greeting = "I am fine.",
  reply = function() return "Still fine." end,
}
