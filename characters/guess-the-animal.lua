-- Twenty questions. The character thinks of an animal; `reply` understands yes-or-no questions by their
-- words, and a language model gets the same secret in its prompt.

local zoo = require "animals"
local speech = require "speech"

local QUESTIONS = 20

local secret = nil     -- the animal to be guessed
local used = 0         -- questions and guesses so far
local clues_given = 0
local silences = 0
local begun, over = false, false

-- Every trait's phrases, the longest first: "eat fish" must be found before "fish".
local phrases = {}
for trait, list in pairs(zoo.traits) do
  for _, phrase in ipairs(list) do phrases[#phrases + 1] = { text = phrase, trait = trait } end
end
table.sort(phrases, function(a, b)
  if #a.text ~= #b.text then return #a.text > #b.text end
  return a.text < b.text
end)

local numbers = { [0] = "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
                  "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
                  "nineteen", "twenty" }

local function names(animal)
  local list = { animal.name }
  for _, other in ipairs(animal.also or {}) do list[#list + 1] = other end
  return list
end

-- What people ask, and what the game understands besides.
local vocabulary = {
  "is it a mammal", "is it a bird", "is it a fish", "is it a reptile", "is it an amphibian", "is it an insect",
  "does it fly", "can it fly", "does it have wings", "does it swim", "can it swim", "does it live in the water",
  "does it live in the sea", "does it climb", "can it climb trees", "does it jump", "does it hop", "is it fast",
  "is it slow", "does it have fur", "is it hairy", "does it have feathers", "does it have scales",
  "does it have a shell", "does it have horns", "does it have a tail", "does it have a trunk", "does it have stripes",
  "does it have spots", "does it lay eggs", "does it give milk", "does it eat meat", "does it hunt",
  "does it eat plants", "does it eat grass", "does it eat insects", "does it eat fish", "is it a pet",
  "does it live in a house", "does it live on a farm", "is it a wild animal", "is it dangerous", "is it poisonous",
  "is it awake at night", "is it black", "is it white", "is it brown", "is it grey", "is it green", "is it orange",
  "is it yellow", "does it live in africa", "does it live in asia", "does it live in europe",
  "does it live in america", "does it live in australia", "does it live in the cold", "does it live in the forest",
  "does it live in the desert", "does it live in groups", "is it clever", "is it loud", "is it big", "is it small",
  "is it tiny", "is it huge", "is it bigger than a dog", "is it bigger than a horse", "is it bigger than a person",
  "is it smaller than a cat", "is it smaller than a dog", "does it have legs", "does it have two legs",
  "does it have four legs", "does it have six legs", "give me a clue", "a clue please", "give me a hint", "i give up",
  "tell me what it is", "how many questions are left", "yes", "yes please", "no", "no thanks", "again", "another one",
  "stop", "goodbye",
}
for _, animal in ipairs(zoo.animals) do
  vocabulary[#vocabulary + 1] = animal.name
  vocabulary[#vocabulary + 1] = "is it " .. animal.name
  for _, other in ipairs(animal.also or {}) do
    local vowel = text.contains("aeiou", string.sub(other, 1, 1))
    vocabulary[#vocabulary + 1] = "is it " .. (vowel and "an " or "a ") .. other
  end
end

local function has(animal, trait)
  for _, own in ipairs(animal.is) do
    if own == trait then return true end
  end
  return false
end

local function think_of_one(ctx)
  local previous = secret
  repeat secret = ctx.choice(zoo.animals) until secret ~= previous
  used, clues_given, silences, over = 0, 0, 0, false
end

local function farewell()
  local answer = ""
  if secret and begun and not over then answer = "It was " .. secret.name .. ". " end
  return { text = answer .. "That was fun. Until next time!", close = true }
end

local function reveal(comment)
  over = true
  return comment .. " It was " .. secret.name .. ". Shall I think of another one?"
end

local function win()
  over = true
  local tries = used == 1 and "one question" or numbers[used] .. " questions"
  return "Yes! It is " .. secret.name .. ", and you needed only " .. tries .. ". Another round?"
end

-- An answer costs one question; the last one ends the game.
local function answer(sentence)
  if used >= QUESTIONS then return reveal(sentence .. " And that was your last question.") end
  local left = QUESTIONS - used
  if left == 10 or left == 5 or left == 3 then
    return sentence .. " You have " .. numbers[left] .. " questions left."
  end
  if left == 1 then return sentence .. " One question is left, so make it a guess." end
  return sentence
end

local function clue()
  clues_given = clues_given + 1
  if clues_given > #secret.clues then return "I have no more clues. Ask me where it lives, or what it eats." end
  return "Here is a clue. " .. secret.clues[clues_given]
end

-- "Is it bigger than a dog?" The answer, or nil when nothing is compared.
local function compare(said)
  local bigger = speech.says(said, { "bigger than", "larger than", "taller than", "heavier than" })
  local smaller = speech.says(said, { "smaller than", "shorter than", "lighter than", "tinier than" })
  if not bigger and not smaller then return nil end
  local other = text.split(said, " than ")[2] or ""
  for size, things in ipairs(zoo.sizes) do
    if speech.says(other, things) then
      if size == secret.size then return "It is about the same size." end
      local yes = (secret.size > size) == (bigger ~= nil)
      return yes and "Yes, it is." or "No, it is not."
    end
  end
  return nil
end

-- "Does it have four legs?" The answer, or nil when it is not about legs.
local function count_legs(said)
  if not speech.says(said, { "legs", "leg", "feet" }) or speech.says(said, { "how many" }) then return nil end
  local asked = nil
  for _, word in ipairs(text.split(said, " ")) do
    for number = 0, 10 do
      if word == numbers[number] or word == tostring(number) then asked = asked or number end
    end
  end
  local right
  if asked then right = asked == secret.legs else right = secret.legs > 0 end
  return right and "Yes, it does." or "No, it does not."
end

local function about_size(said)
  if speech.says(said, { "big", "large", "huge", "tall", "heavy" }) then
    return secret.size >= 6 and "Yes, it is rather big." or "No, it is not very big."
  end
  if speech.says(said, { "small", "little", "tiny" }) then
    return secret.size <= 3 and "Yes, it is rather small." or "No, it is not that small."
  end
  return nil
end

local function about_trait(said)
  for _, phrase in ipairs(phrases) do
    if speech.says(said, { phrase.text }) then
      return has(secret, phrase.trait) and "Yes." or "No."
    end
  end
  return nil
end

-- The animal that the user names, or nil. The secret comes first: a wrong guess beside it does no harm.
local function guessed(said)
  if speech.answers(said, names(secret)) then return secret end
  for _, animal in ipairs(zoo.animals) do
    if speech.answers(said, names(animal)) then return animal end
  end
  return nil
end

local function hear_question(said)
  local comparison = compare(said)
  if comparison then
    used = used + 1
    return answer(comparison)
  end

  local guess = guessed(said)
  if guess then
    used = used + 1
    if guess == secret then return win() end
    return answer("No, it is not " .. guess.name .. ".")
  end

  local fact = count_legs(said) or about_trait(said) or about_size(said)
  if fact then
    used = used + 1
    return answer(fact)
  end
  return "I am not sure about that one, and I can only say yes or no. Ask me what it looks like, what it eats or where it lives, or ask for a clue."
end

local function hear_after_game(said, ctx)
  if speech.says(said, speech.no) then return farewell() end
  if speech.says(said, speech.yes) or speech.says(said, { "another", "again", "more" }) then
    think_of_one(ctx)
    return "Good. I have thought of a new animal. Ask away!"
  end
  return "Shall I think of another animal? Just say yes or no."
end

local function hear_silence()
  silences = silences + 1
  if silences == 3 then return farewell() end
  if over then return "Shall I think of another animal?" end
  return silences == 1 and "I am still thinking of it. Ask me anything that has yes or no for an answer." or clue()
end

return {
  name = "Guess the animal",
  voice = {
    source_type = "file",
    path_on_server = "unmuted/guess-the-animal.wav",
    names = { embedded = "flite:slt?pitch=210&rate=1.05" },
    description = "Playful and a little secretive",
  },
  instructions = {
    language = "en",
    text = [[
You play twenty questions. You are thinking of {{animal}}, and the person you are talking to has to find out.

Never name the animal before it was guessed. Answer each question with yes or no, and at most a few words more,
and be truthful. Keep count: after twenty questions the game is over, and you say what it was. When you are asked
for a clue, give a small one. When the animal is guessed, be delighted, and say how many questions it took.]],
  },
  vocabulary = vocabulary,
  metadata = { good = true, comment = "Twenty questions; plays without a language model too.",
               tags = { "game", "animals" } },

  system_prompt = function(self, ctx)
    if not secret then think_of_one(ctx) end
    return ctx.base(self.instructions.text, { animal = secret.name })
  end,

  reply = function(self, ctx)
    local said = speech.heard(ctx.history)
    if speech.says(said, speech.stop) then return farewell() end
    if not secret then think_of_one(ctx) end
    if not begun then
      begun = true
      return "Let us play. I am thinking of an animal, and you have twenty questions that I can answer with yes or no. "
        .. "You may ask for a clue, or give up. What would you like to know?"
    end
    if said == "" then return hear_silence() end
    silences = 0
    if over then return hear_after_game(said, ctx) end
    if speech.says(said, { "clue", "hint", "help" }) then return clue() end
    if speech.says(said, { "give up", "tell me what it is", "what was it", "the answer", "surrender" }) then
      return reveal("No shame in that.")
    end
    if speech.says(said, { "how many questions", "questions left" }) then
      return "You have used " .. numbers[used] .. " of twenty questions."
    end
    return hear_question(said)
  end,
}
