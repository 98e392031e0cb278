return {
  name = "Charles",
  voice = { source_type = "file", path_on_server = "voices/beta/charles.wav" },
  instructions = { text = "You are Charles of the cast beta.", language = "en" },
  metadata = { good = true, comment = "Charles of beta" },
}
