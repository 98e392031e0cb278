return {
  voice = { source_type = "file", path_on_server = "voices/nobody.wav" },
  instructions = { text = "You have no name.", language = "en" },
}
