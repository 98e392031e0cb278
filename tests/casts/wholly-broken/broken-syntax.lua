-- syntax-error, noticed at line 4: there is no comma after line 3.
return {
  name = "Broken syntax"
  voice = { source_type = "file", path_on_server = "voices/none.wav" },
}
