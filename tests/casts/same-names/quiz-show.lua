-- The name and the file name of a character of the default cast, and nothing else of it.
local questions = require "quiz_questions"

return {
  name = "Quiz show",
  voice = { source_type = "file", path_on_server = "voices/same-names/quiz.wav" },
  instructions = { text = "You only ask about cheese:\n{{questions}}", language = "en" },
  metadata = { good = false, comment = "cheese only" },
  system_prompt = function(self, ctx)
    return ctx.base(self.instructions.text, { questions = questions })
  end,
}
