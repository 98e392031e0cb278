return {
  name = "Twin",
  voice = { source_type = "file", path_on_server = "voices/first.wav" },
  instructions = { text = "You are the first of two.", language = "en" },
  metadata = { comment = "first" },
}
