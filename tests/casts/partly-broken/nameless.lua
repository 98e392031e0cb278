-- missing-field: the table that begins at line 2 has no name.
return {
  voice = { source_type = "file", path_on_server = "voices/nameless.wav" },
  instructions = { text = "You have no name.", language = "en" },
}
