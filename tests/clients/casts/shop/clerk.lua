-- Answers by a language model, with a tool of its own.
return {
  name = "Clerk",
  voice = { source_type = "file", path_on_server = "voices/clerk.wav" },
  instructions = { text = "You are the clerk of a shop for kites.", language = "en" },
  vocabulary = { "how many kites are left", "please stop talking" },
  tools = {
    {
      name = "stock",
      description = "How many kites are left",
      run = function(self, args, ctx) return "Seven kites." end,
    },
  },
}
