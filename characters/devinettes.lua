-- Des devinettes, une à une, avec un indice et deux essais. `reply` joue sans modèle de langue.

local devinettes = require "devinettes"
local speech = require "speech"

local ESSAIS = 2

local tirees = nil  -- celles de l'invite
local ordre = nil   -- les devinettes de cette conversation, mélangées ; nil avant la première
local position = 0
local essais = 0
local trouvees = 0
local silences = 0

local nombres = { [0] = "zéro", "une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze",
                  "douze", "treize", "quatorze", "quinze" }

-- Ce que l'on peut dire : toutes les réponses, et ce que le jeu comprend aussi.
local vocabulaire = { "indice", "un indice", "aide-moi", "passe", "suivante", "je ne sais pas", "aucune idée",
                      "je donne ma langue au chat", "répète", "encore une fois", "arrête", "au revoir" }
for _, chacune in ipairs(devinettes) do
  for _, reponse in ipairs(chacune.reponses) do vocabulaire[#vocabulaire + 1] = reponse end
end

local function devinette()
  return ordre[position]
end

local function adieu()
  local bilan = "À bientôt !"
  if trouvees > 0 then bilan = "Devinettes trouvées : " .. nombres[trouvees] .. ". À bientôt !" end
  return { text = bilan, close = true }
end

-- La devinette suivante, ou l'adieu quand il n'y en a plus.
local function suivante(phrase)
  position = position + 1
  essais = 0
  if position > #ordre then
    return { text = phrase .. " C'était ma dernière devinette. " .. adieu().text, close = true }
  end
  return phrase .. " " .. devinette().texte
end

local function se_taire()
  silences = silences + 1
  if silences == 3 then return adieu() end
  return silences == 1 and "Prenez votre temps. " .. devinette().texte or "Un indice. " .. devinette().indice
end

local function ecouter(dit)
  local solution = devinette().reponses[1]
  if speech.answers(dit, devinette().reponses) then
    trouvees = trouvees + 1
    return suivante("Bravo, c'est bien " .. solution .. " !")
  end
  if speech.says(dit, speech.stop) then return adieu() end
  if speech.says(dit, speech.again) then return devinette().texte end
  if speech.says(dit, { "indice", "aide", "aidez moi", "aide moi" }) then return "Un indice. " .. devinette().indice end
  if speech.says(dit, speech.skip) or speech.says(dit, { "donne ma langue au chat", "je donne ma langue", "la réponse" }) then
    return suivante("C'était " .. solution .. ". En voici une autre.")
  end
  essais = essais + 1
  if essais >= ESSAIS then return suivante("Non plus. C'était " .. solution .. ". En voici une autre.") end
  return "Ce n'est pas cela. Un indice. " .. devinette().indice
end

return {
  name = "Devinettes",
  voice = {
    source_type = "file",
    path_on_server = "unmuted/devinettes.wav",
    names = { embedded = "espeak:fr+f4?pitch=55&rate=160" },
    description = "Une voix malicieuse",
  },
  instructions = {
    language = "fr",
    text = [[
Tu poses des devinettes à la personne qui te parle, une seule à la fois. En voici quelques-unes :
{{devinettes}}

Laisse chercher. Si la réponse est fausse, donne un indice ; au deuxième essai manqué, donne la solution avec bonne
humeur et passe à la suivante. Accepte toute réponse qui tient debout, même si ce n'est pas celle que tu attendais.]],
  },
  vocabulary = vocabulaire,
  metadata = { good = true, comment = "Des devinettes ; joue aussi sans modèle de langue.", tags = { "game", "riddles" } },

  system_prompt = function(self, ctx)
    tirees = tirees or ctx.sample(devinettes, 5)
    local lignes = {}
    for i, choix in ipairs(tirees) do
      lignes[i] = choix.texte .. " Réponse : " .. choix.reponses[1] .. "."
    end
    return ctx.base(self.instructions.text, { devinettes = lignes })
  end,

  reply = function(self, ctx)
    local dit = speech.heard(ctx.history)
    if not ordre then
      if speech.says(dit, speech.stop) then return adieu() end
      ordre = ctx.sample(devinettes, #devinettes)
      return suivante("Bonjour ! J'ai quelques devinettes pour vous. Vous pouvez demander un indice, passer, ou arrêter.")
    end
    if position > #ordre then return adieu() end
    if dit == "" then return se_taire() end
    silences = 0
    return ecouter(dit)
  end,
}
