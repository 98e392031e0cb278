-- Loads.
return {
  name = "Baker",
  voice = { source_type = "file", path_on_server = "voices/baker.wav" },
  instructions = { text = "You bake bread and talk about nothing else.", language = "en" },
  metadata = { good = true, comment = "One of the two that load.", tags = { "test" } },
}
