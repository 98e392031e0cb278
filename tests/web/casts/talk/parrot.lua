-- Says what it has heard, so that a test can tell.
return {
  name = "Parrot",
  voice = { source_type = "file", path_on_server = "voices/parrot.wav" },
  instructions = { text = "You repeat what you hear.", language = "en" },
  vocabulary = { "the password is purple", "please stop talking" },
  greeting = "Hello.",
  reply = function(self, ctx)
    local last = ctx.history[#ctx.history].content
    if last == "goodbye" then return { text = "Good night.", close = true } end
    return "You said: " .. last .. "."
  end,
  metadata = { good = true, comment = "Repeats what you say.", tags = { "test" } },
}
