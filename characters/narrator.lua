-- A story that the listener walks through. `reply` tells the one in resources/lighthouse_story.lua; with a
-- language model the narrator makes one up, and notes its turns in the server's log with a tool.

local story = require "lighthouse_story"
local speech = require "speech"

local scene_name = nil  -- where the listener is; nil before the story begins
local silences = 0

-- What the listener may say: every choice, and what the narrator understands besides.
local vocabulary = { "the first one", "the second one", "where am i", "repeat", "say that again", "once more",
                     "start again", "from the beginning", "yes", "yes please", "no", "no thanks", "stop",
                     "good night", "goodbye" }
for _, each in pairs(story.scenes) do
  for _, choice in ipairs(each.choices or {}) do vocabulary[#vocabulary + 1] = choice.say end
end
table.sort(vocabulary)  -- pairs() has no order

local function scene()
  return story.scenes[scene_name]
end

local function offer()
  if scene().ending then return " Shall I tell it again, from the beginning?" end
  local offers = {}
  for i, choice in ipairs(scene().choices) do offers[i] = choice.say end
  return " Do you " .. table.concat(offers, ", or ") .. "?"
end

local function tell()
  return scene().text .. offer()
end

local function enter(name, ctx)
  scene_name = name
  ctx.log("story: enters " .. name)
  return tell()
end

local function farewell()
  return { text = "Then the book is closed for tonight. Sleep well, and mind the tide.", close = true }
end

-- The choice with the most words heard; nil when none was heard, or two fit equally well.
local function chosen(said)
  local best, best_hits, tie = nil, 0, false
  for _, choice in ipairs(scene().choices) do
    local hits = 0
    if speech.says(said, { choice.say }) then hits = 100 end
    for _, word in ipairs(choice.words) do
      if speech.says(said, { word }) then hits = hits + 1 end
    end
    if hits > best_hits then
      best, best_hits, tie = choice, hits, false
    elseif hits == best_hits then
      tie = true
    end
  end
  if tie then return nil end
  return best
end

-- "The first one", "the second", "the other": by place in the offer.
local function chosen_by_number(said)
  if speech.says(said, { "first", "number one", "one", "the former" }) then return scene().choices[1] end
  if speech.says(said, { "second", "number two", "two", "the latter", "last" }) then return scene().choices[2] end
  return nil
end

local function hear_silence()
  silences = silences + 1
  if silences == 3 then return farewell() end
  if scene().ending then return "The sea is quiet." .. offer() end
  return "The rain goes on." .. offer()
end

local function hear_after_ending(said, ctx)
  if speech.says(said, speech.no) then return farewell() end
  if speech.says(said, speech.yes) or speech.says(said, { "again", "beginning", "another" }) then
    return enter(story.start, ctx)
  end
  return "That was the story." .. offer()
end

local function hear_choice(said, ctx)
  local choice = chosen(said) or chosen_by_number(said)
  if choice then return enter(choice.to, ctx) end
  return "The story does not know that way." .. offer()
end

return {
  name = "Narrator",
  voice = {
    source_type = "file",
    path_on_server = "unmuted/narrator.wav",
    names = { embedded = "flite:rms?rate=0.95&formants=0.95" },
    description = "Slow and dark, made for the evening",
  },
  instructions = {
    language = "en",
    text = [[
You tell a story, and the person you are talking to is in the middle of it. Speak to them as "you", in the
present tense, in two or three sentences at a time, and end with a choice between two things they can do.

The place is a small island with a lighthouse that has gone dark. What is true of it: the keeper is old and kind,
there is a grey cat, and the sea is not an enemy. Never decide for the listener. When they do something that you
did not foresee, let it work, and let it cost something. After ten turns or so, bring the story to an end.

Call log_story_event whenever something happens that cannot be undone.]],
  },
  vocabulary = vocabulary,
  metadata = { good = true, comment = "A story with choices and five endings; needs no language model.",
               tags = { "story", "game" } },

  tools = {
    {
      name = "log_story_event",
      description = "Note a turn of the story that cannot be undone",
      parameters = {
        type = "object",
        properties = {
          event = { type = "string", description = "What happened, in one short sentence" },
          weight = { type = "string", enum = { "detail", "turn", "ending" } },
        },
        required = { "event" },
      },
      run = function(args, ctx)
        ctx.log("story: " .. (args.weight or "turn") .. ": " .. args.event)
        return "noted"
      end,
    },
  },

  reply = function(self, ctx)
    local said = speech.heard(ctx.history)
    if speech.says(said, speech.stop) then return farewell() end
    if not scene_name then return enter(story.start, ctx) end
    if said == "" then return hear_silence() end
    silences = 0
    if speech.says(said, { "restart", "start again", "start over", "from the beginning" }) then
      return "Very well, from the beginning. " .. enter(story.start, ctx)
    end
    if speech.says(said, { "where am i", "where are we" }) then return "You are " .. scene().place .. "." .. offer() end
    if speech.says(said, { "repeat", "say that again", "pardon", "once more" }) then return tell() end
    if scene().ending then return hear_after_ending(said, ctx) end
    return hear_choice(said, ctx)
  end,
}
