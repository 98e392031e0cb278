-- Listens, and gives back what it heard as a question. It works without a language model: a phrase that it
-- knows ("I feel …") picks a rule, and the rest of the sentence comes back turned round.

local listening = require "listening"
local speech = require "speech"

local MAX_REST = 12  -- words; a longer rest is not repeated

local turn_of = {}       -- rule -> which of its answers comes next
local open_turn = 1
local silences = 0
local first_subject = nil  -- something said early on, to come back to
local answers = 0

-- Words that come in a crisis. What is said then is no game.
local crisis = { "kill myself", "end my life", "suicide", "suicidal", "hurt myself", "harm myself", "want to die",
                 "don't want to live" }

-- The plain form has parted "don't" into "don t".
local endings = { t = true, s = true, m = true, d = true, ll = true, re = true, ve = true }

local function join_contractions(words)
  local joined = {}
  for _, word in ipairs(words) do
    if endings[word] and #joined > 0 then
      joined[#joined] = joined[#joined] .. "'" .. word
    else
      joined[#joined + 1] = word
    end
  end
  return joined
end

-- "my boss ignores me" -> "your boss ignores you"; nil when there is nothing, or too much.
local function turn_round(rest)
  local words = join_contractions(text.split(rest, " "))
  if rest == "" or #words > MAX_REST then return nil end
  local turned, i = {}, 1
  while i <= #words do
    local pair = listening.turned[words[i] .. " " .. (words[i + 1] or "")]
    turned[#turned + 1] = pair or listening.turned[words[i]] or words[i]
    i = i + (pair and 2 or 1)
  end
  return table.concat(turned, " ")
end

-- What follows the phrase in `said`.
local function rest_after(said, phrase)
  local plain = speech.plain(phrase)
  local parts = text.split(" " .. said .. " ", " " .. plain .. " ")
  return text.trim(parts[2] or "")
end

-- The rule's next answer that can be said.
local function answer_of(rule, rest)
  for _ = 1, #rule.say do
    local n = turn_of[rule] or 1
    turn_of[rule] = n % #rule.say + 1
    local answer = rule.say[n]
    if not text.contains(answer, "{rest}") then return answer end
    if rest then return text.replace(answer, "{rest}", rest) end
  end
  return nil
end

local function by_rule(said)
  local few = #text.split(said, " ") <= 3
  for _, rule in ipairs(listening.rules) do
    local phrase = (few or not rule.alone) and speech.says(said, rule.hear)
    if phrase then
      local rest = turn_round(rest_after(said, phrase))
      first_subject = first_subject or rest
      local answer = answer_of(rule, rest)
      if answer then return answer end
    end
  end
  return nil
end

local function open_question()
  if first_subject and answers % 7 == 6 then
    local subject = first_subject
    first_subject = nil
    return "Earlier you said: " .. subject .. ". Does that belong to this?"
  end
  local answer = listening.open[open_turn]
  open_turn = open_turn % #listening.open + 1
  return answer
end

local function farewell()
  return { text = "Thank you for telling me. Be kind to yourself on the way.", close = true }
end

return {
  name = "Willow",
  voice = {
    source_type = "file",
    path_on_server = "unmuted/listener.wav",
    names = { embedded = "flite:slt?pitch=155&rate=0.88" },
    description = "Soft and slow, with long pauses",
  },
  instructions = {
    language = "en",
    text = [[
You are Willow, and you listen. You are not a therapist, and you say so when somebody takes you for one.

Give back what you heard, in your own words and in one sentence, and then ask one open question, or none. Never
judge, never explain the person to themselves, and do not give advice. Leave silences alone. If the person speaks
of wanting to die or to hurt themselves, be warm and plain, and ask them to call someone they trust or the
emergency number of their country, now.]],
  },
  metadata = { good = true, comment = "Listens and reflects; needs no language model.", tags = { "companion", "listening" } },
  greeting = "Hello, I am Willow. I have time, and I am listening. What is on your mind?",

  reply = function(self, ctx)
    if speech.opening(ctx.history) then return self.greeting end
    local said = speech.heard(ctx.history)
    if said == "" then
      silences = silences + 1
      return listening.silence[math.min(silences, #listening.silence)]
    end
    silences = 0
    if speech.says(said, crisis) then
      return "I am glad that you said that aloud. I am only a script, and you deserve a person. "
        .. "Please call someone you trust, or the emergency number where you live, now. You need not find the right words."
    end
    if speech.says(said, speech.stop) then return farewell() end
    answers = answers + 1
    return by_rule(said) or open_question()
  end,
}
