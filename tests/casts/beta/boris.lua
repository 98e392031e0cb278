return {
  name = "Boris",
  voice = { source_type = "file", path_on_server = "voices/beta/boris.wav" },
  instructions = { text = "You are Boris, who is only in the cast beta.", language = "en" },
}
