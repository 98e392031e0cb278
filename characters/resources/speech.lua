-- What the scripts of this cast share: understanding what a person said, whatever its case, accents and
-- punctuation. Everything is compared in a plain form: lower case, no accents, words between single spaces.

local speech = {}

local HEARD_BYTES = 600  -- of one turn; a longer one is cut, its newest words are kept

-- Code point -> what stands for it in the plain form. What is not listed separates words.
local plain_form = {}

local function write_as(letters, plain)
  for _, code in utf8.codes(letters) do plain_form[code] = plain end
end

for i = 0, 25 do
  local letter = string.char(97 + i)
  write_as(letter .. string.upper(letter), letter)
end
for digit = 0, 9 do write_as(tostring(digit), tostring(digit)) end
write_as("àâäáãÀÂÄÁÃ", "a")
write_as("çÇ", "c")
write_as("éèêëÉÈÊË", "e")
write_as("îïíÎÏÍ", "i")
write_as("ñÑ", "n")
write_as("ôöóõÔÖÓÕ", "o")
write_as("ùûüúÙÛÜÚ", "u")
write_as("ÿŸ", "y")
write_as("œŒ", "oe")
write_as("æÆ", "ae")

-- The last `bytes` bytes of `s` or a little less, never starting inside a character.
local function tail(s, bytes)
  if #s <= bytes then return s end
  local first = #s - bytes + 1
  while first <= #s and string.byte(s, first) >= 0x80 and string.byte(s, first) < 0xC0 do first = first + 1 end
  return string.sub(s, first)
end

-- "The Café's open!" -> "the cafe s open"
function speech.plain(s)
  s = tail(s, HEARD_BYTES)
  if not utf8.len(s) then return "" end
  local out, gap = {}, false
  for _, code in utf8.codes(s) do
    local letter = plain_form[code]
    if letter then
      if gap and #out > 0 then out[#out + 1] = " " end
      out[#out + 1] = letter
    end
    gap = letter == nil
  end
  return table.concat(out)
end

local plain_phrases = {}  -- a script asks for the same phrases again and again

local function plain_phrase(phrase)
  local plain = plain_phrases[phrase]
  if not plain then
    plain = " " .. speech.plain(phrase) .. " "
    plain_phrases[phrase] = plain
  end
  return plain
end

-- The first of `phrases` that stands in `said` (a plain form) as whole words, or nil.
function speech.says(said, phrases)
  local padded = " " .. said .. " "
  for _, phrase in ipairs(phrases) do
    if text.contains(padded, plain_phrase(phrase)) then return phrase end
  end
  return nil
end

local fillers = {}
for _, word in ipairs { "a", "an", "the", "un", "une", "le", "la", "les", "l", "des", "du", "de", "d", "um", "uh",
                        "er", "euh", "please", "then" } do
  fillers[word] = true
end

-- `said` (a plain form) without articles and hesitation.
function speech.essence(said)
  local kept = {}
  for _, word in ipairs(text.split(said, " ")) do
    if not fillers[word] then kept[#kept + 1] = word end
  end
  return table.concat(kept, " ")
end

-- Whether `said` (a plain form) holds one of `answers`, articles aside.
function speech.answers(said, answers)
  local padded = " " .. speech.essence(said) .. " "
  for _, answer in ipairs(answers) do
    if text.contains(padded, " " .. speech.essence(speech.plain(answer)) .. " ") then return true end
  end
  return false
end

-- What the user said last, as it came; "" when nothing was said yet.
function speech.newest(history)
  local message = history[#history]
  if message and message.role == "user" then return message.content end
  return ""
end

-- The same in its plain form: "" also for the silence that the server writes as "...".
function speech.heard(history)
  return speech.plain(speech.newest(history))
end

-- Whether nobody spoke before, so that the character opens the conversation.
function speech.opening(history)
  return #history == 0 or (#history == 1 and speech.plain(history[1].content) == "hello")
end

-- Phrases that many scripts understand.
speech.stop = { "stop", "quit", "exit", "goodbye", "good bye", "bye", "good night", "that's enough",
                "arrête", "arrêter", "au revoir", "stopper", "ça suffit", "bonne nuit" }
speech.again = { "repeat", "again", "pardon", "say that", "what was the question", "didn't hear", "didn't catch",
                 "répète", "répéter", "répétez", "encore une fois", "pas entendu", "pas compris" }
speech.skip = { "skip", "pass", "next", "next question", "don't know", "do not know", "no idea", "not sure",
                "passe", "suivant", "suivante", "sais pas", "aucune idée" }
speech.yes = { "yes", "yeah", "yep", "sure", "okay", "ok", "please", "why not", "go on", "let's", "ready",
               "oui", "ouais", "d'accord", "volontiers", "vas y", "allez" }
speech.no = { "no", "nope", "not now", "no thanks", "non", "non merci", "pas maintenant" }

return speech
