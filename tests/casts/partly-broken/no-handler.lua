-- missing-tool-handler: the tool that begins at line 7 has no `run`.
return {
  name = "No handler",
  voice = { source_type = "file", path_on_server = "voices/no-handler.wav" },
  instructions = { text = "You have a tool that does nothing.", language = "en" },
  tools = {
    { name = "idle", description = "Does nothing" },
  },
}
