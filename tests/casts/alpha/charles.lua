return {
  name = "Charles",
  voice = { source_type = "file", path_on_server = "voices/alpha/charles.wav" },
  instructions = { text = "You are Charles of the cast alpha.", language = "en" },
  metadata = { good = true, comment = "Charles of alpha" },
}
