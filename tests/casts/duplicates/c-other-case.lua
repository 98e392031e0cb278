-- Loads, with the warnings name-collision at line 3 and voice-shared at line 4.
return {
  name = "TWIN",
  voice = { source_type = "file", path_on_server = "voices/first.wav" },
  instructions = { text = "You are loud.", language = "en" },
}
