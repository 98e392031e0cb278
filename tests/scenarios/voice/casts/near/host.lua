-- Takes leave.
return {
  name = "Host",
  voice = { source_type = "file", path_on_server = "voices/host.wav" },
  instructions = { text = "Be a host.", language = "en" },
  greeting = "Good evening.",
  reply = function() return "It was a pleasure. Bye!" end,
}
