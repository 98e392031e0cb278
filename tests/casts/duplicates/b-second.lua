-- duplicate-name, at line 3.
return {
  name = "Twin",
  voice = { source_type = "file", path_on_server = "voices/second.wav" },
  instructions = { text = "You are the second of two.", language = "en" },
  metadata = { comment = "second" },
}
