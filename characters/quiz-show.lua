-- A quiz of five questions. With a language model it plays by the prompt and counts with the tool; without
-- one, `reply` plays the whole game by itself.

local questions = require "quiz_questions"
local speech = require "speech"

local ROUND = 5

local game = nil  -- of `reply`: { questions, asked, right, over, silences }; nil before the first one
local drawn = nil  -- the questions of the prompt
local noted = { right = 0, answered = 0 }  -- counted by the tool

local numbers = { [0] = "zero", "one", "two", "three", "four", "five" }

-- What the candidate may say: every answer, and what the show understands besides.
local vocabulary = { "repeat", "repeat the question", "say that again", "pardon", "skip", "next question", "pass",
                     "i don't know", "no idea", "stop", "goodbye", "good night", "score", "how many points", "yes",
                     "yes please", "sure", "no", "no thanks", "again", "another game" }
for _, each in ipairs(questions) do
  for _, answer in ipairs(each.answers) do
    if not tonumber(answer) then vocabulary[#vocabulary + 1] = answer end  -- "8" sounds like "eight"
  end
end

local function question()
  return game.questions[game.asked + 1]
end

local function ask()
  return "Question " .. numbers[game.asked + 1] .. ". " .. question().ask
end

local function start(ctx)
  game = { questions = ctx.sample(questions, ROUND), asked = 0, right = 0, over = false, silences = 0 }
  return ask()
end

local function score()
  return numbers[game.right] .. " out of " .. numbers[game.asked]
end

local function verdict()
  if game.right == ROUND then return "A perfect game!" end
  if game.right >= 3 then return "That is well played." end
  if game.right >= 1 then return "Not bad, and there is always another evening." end
  return "Not your day, but you were brave."
end

-- Counts the present question as answered, then asks the next one or reads out the result.
local function settle(correct, comment)
  game.asked = game.asked + 1
  if correct then game.right = game.right + 1 end
  if game.asked < ROUND then return comment .. " " .. ask() end
  game.over = true
  return comment .. " That was the last question. Your final score is " .. score() .. ". " .. verdict()
    .. " Shall we play again?"
end

local function farewell()
  local result = "Thank you for dropping in."
  if game and game.asked > 0 then result = "Your score was " .. score() .. ". Thank you for playing." end
  return { text = result .. " Good night!", close = true }
end

local function hear_silence()
  game.silences = game.silences + 1
  if game.silences == 3 then return farewell() end
  if game.over then return "Would you like another game? Just say yes or no." end
  return "Take your time. " .. question().ask
end

local function hear_after_game(said, ctx)
  if speech.says(said, speech.no) or speech.says(said, speech.stop) then return farewell() end
  if speech.says(said, { "score", "points" }) then return "You had " .. score() .. ". Another game?" end
  if speech.says(said, speech.yes) or speech.says(said, { "again", "another", "more" }) then
    return "Wonderful, five fresh questions. " .. start(ctx)
  end
  return "The game is over, with " .. score() .. ". Shall we play again?"
end

local function hear_answer(said)
  local answers = question().answers
  if speech.answers(said, answers) then
    return settle(true, "That is right! " .. (question().fact or ""))
  end
  if speech.says(said, speech.stop) then return farewell() end
  if speech.says(said, speech.again) then return "With pleasure. " .. question().ask end
  if speech.says(said, { "score", "how many points", "how am I doing" }) then
    return "So far you have " .. score() .. ". " .. question().ask
  end
  local comment = speech.says(said, speech.skip) and "Very well, we move on." or "I am afraid not."
  return settle(false, comment .. " It was " .. answers[1] .. ".")
end

return {
  name = "Quiz show",
  voice = {
    source_type = "file",
    path_on_server = "unmuted/quiz-show.wav",
    names = { embedded = "flite:rms?rate=1.1&formants=1.08" },
    description = "A bright host, quick and friendly",
  },
  instructions = {
    language = "en",
    text = [[
You are the host of a small quiz show with one candidate, the person you are talking to. You are quick,
warm and a little theatrical, and you never make fun of a wrong answer.

Ask these questions, one at a time and in this order, and wait for the answer each time:
{{questions}}

Be generous: accept any wording that means the right thing. After each answer call record_answer, say whether
it was right, and add at most one sentence about it before you go on. Repeat a question when you are asked to.
After the last question announce the score that record_answer gave you, and thank the candidate.]],
  },
  vocabulary = vocabulary,
  metadata = { good = true, comment = "Five questions and a score; plays without a language model too.",
               tags = { "game", "quiz" } },

  tools = {
    {
      name = "record_answer",
      description = "Count the candidate's answer to the present question and get the score so far",
      parameters = {
        type = "object",
        properties = { correct = { type = "boolean", description = "Whether the answer was right" } },
        required = { "correct" },
        additionalProperties = false,
      },
      run = function(args)
        noted.answered = noted.answered + 1
        if args.correct then noted.right = noted.right + 1 end
        return "Score: " .. noted.right .. " right out of " .. noted.answered .. " answered"
      end,
    },
  },

  system_prompt = function(self, ctx)
    drawn = drawn or ctx.sample(questions, ROUND)
    local lines = {}
    for i, each in ipairs(drawn) do
      lines[i] = i .. ". " .. each.ask .. " Answer: " .. each.answers[1] .. "."
    end
    return ctx.base(self.instructions.text, { questions = lines })
  end,

  reply = function(self, ctx)
    local said = speech.heard(ctx.history)
    if not game then
      if speech.says(said, speech.stop) then return farewell() end
      return "Good evening, and welcome to the quiz show! Five questions, one point each. "
        .. "You may say repeat, skip or stop at any time. " .. start(ctx)
    end
    if said == "" then return hear_silence() end
    game.silences = 0
    if game.over then return hear_after_game(said, ctx) end
    return hear_answer(said)
  end,
}
