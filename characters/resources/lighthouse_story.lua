-- The narrator's story: scene -> { place, text, choices } or { place, text, ending = true }.
-- A choice: say = how it is offered, words = what chooses it, to = the next scene.
-- Read each scene aloud before you keep it: forty words or so are enough for the ear.
return {
  start = "jetty",

  scenes = {
    jetty = {
      place = "on the jetty below the lighthouse",
      text = "It is dusk, and the lighthouse of Grey Tooth is dark for the first time in a hundred years. "
        .. "You stand on the jetty, with rain in your collar. Above you a path climbs to the door. "
        .. "Beside you a rowing boat knocks against the stones.",
      choices = {
        { say = "take the path", words = { "path", "climb", "door", "up", "lighthouse" }, to = "door" },
        { say = "look at the boat", words = { "boat", "rowing" }, to = "boat" },
      },
    },
    boat = {
      place = "in the rowing boat",
      text = "In the boat lie a coil of rope and a brass key, tied to a cork. The tide pulls at the mooring. "
        .. "Far out, a ship's bell rings, and nobody answers it.",
      choices = {
        { say = "take the key and climb up", words = { "key", "climb", "up", "path", "take" }, to = "door_with_key" },
        { say = "row out to the bell", words = { "row", "bell", "ship", "out" }, to = "open_water" },
      },
    },
    door = {
      place = "at the door of the lighthouse",
      text = "The door is oak and iron, and it is locked. Through the keyhole you hear slow ticking. "
        .. "To the left a window stands open, and it is just wide enough. To the right, steps lead down to a cellar.",
      choices = {
        { say = "climb through the window", words = { "window", "climb", "left" }, to = "kitchen" },
        { say = "go down to the cellar", words = { "cellar", "down", "steps", "right" }, to = "cellar" },
      },
    },
    door_with_key = {
      place = "at the door, with the brass key",
      text = "The brass key turns as if it had been waiting. Inside, a staircase winds up into the dark, "
        .. "and a line of light shows under a kitchen door.",
      choices = {
        { say = "go up the stairs", words = { "stairs", "up", "staircase", "dark" }, to = "stairs" },
        { say = "open the kitchen door", words = { "kitchen", "light", "open" }, to = "kitchen" },
      },
    },
    kitchen = {
      place = "in the kitchen",
      text = "A kettle is still warm. On the table lies the keeper's log, and beside it a grey cat, "
        .. "who looks at you as if you were late. The cat walks to the stairs, and turns round.",
      choices = {
        { say = "follow the cat", words = { "cat", "follow", "stairs" }, to = "stairs" },
        { say = "read the log", words = { "log", "read", "book" }, to = "log_book" },
      },
    },
    log_book = {
      place = "in the kitchen, over the log",
      text = "The last line says: the oil is good, the wick is good, and still she will not burn. "
        .. "I have gone below to ask the sea what it wants. The ink is not quite dry.",
      choices = {
        { say = "go below, to the cellar", words = { "below", "cellar", "down", "sea" }, to = "cellar" },
        { say = "go up to the lamp", words = { "up", "lamp", "stairs" }, to = "stairs" },
      },
    },
    cellar = {
      place = "in the cellar",
      text = "The cellar opens into a cave, and the sea breathes in it. An old woman sits on a barrel, her lantern unlit. "
        .. "I am the keeper, she says. The light has gone out because nobody said thank you to it. Will you, or shall I?",
      choices = {
        { say = "offer to do it", words = { "offer", "i will", "me", "yes", "do it", "thank" }, to = "stairs_with_keeper" },
        { say = "ask her to do it", words = { "ask", "her", "you", "she", "keeper" }, to = "keeper_goes" },
      },
    },
    stairs = {
      place = "on the winding stairs",
      text = "A hundred and nine steps. Halfway up a small round window shows the bay, and in it, "
        .. "a ship that is heading straight for the rocks. The lamp room is just above you. There is also a speaking horn on the wall.",
      choices = {
        { say = "run up to the lamp", words = { "lamp", "run", "up" }, to = "lamp_room" },
        { say = "shout through the horn", words = { "horn", "shout", "call", "speak" }, to = "horn" },
      },
    },
    stairs_with_keeper = {
      place = "on the stairs, behind the keeper",
      text = "She climbs ahead of you, faster than you can. At the top she puts your hand on the cold glass of the lamp. "
        .. "Say it kindly, she tells you, or say it loudly. It has never been clear which one it likes.",
      choices = {
        { say = "say it kindly", words = { "kindly", "kind", "softly", "quietly", "whisper" }, to = "ending_light" },
        { say = "say it loudly", words = { "loudly", "loud", "shout" }, to = "ending_storm" },
      },
    },
    keeper_goes = {
      place = "alone in the cave",
      text = "She nods, and is gone up the steps. You are alone with the tide, which is rising. "
        .. "Her lantern stands on the barrel, and on the water floats a small door of planks.",
      choices = {
        { say = "light the lantern", words = { "lantern", "light" }, to = "ending_keeper" },
        { say = "float out on the planks", words = { "float", "planks", "out", "water", "door" }, to = "open_water" },
      },
    },
    open_water = {
      place = "out on the bay",
      text = "The waves are higher than they looked. Out of the rain comes a ship without a light on it, "
        .. "and a voice calls down: which way is the harbour? You know the answer. It is behind you, past the rocks.",
      choices = {
        { say = "guide them in", words = { "guide", "in", "harbour", "lead", "help" }, to = "ending_pilot" },
        { say = "climb aboard and sail away", words = { "aboard", "climb", "sail", "away" }, to = "ending_voyage" },
      },
    },
    lamp_room = {
      place = "in the lamp room",
      text = "The great lamp is clean, filled, and dark. Beside it lie a box of matches with one match left, "
        .. "and a note that says: ask it nicely.",
      choices = {
        { say = "strike the match", words = { "match", "strike", "fire" }, to = "ending_storm" },
        { say = "ask it nicely", words = { "ask", "nicely", "nice", "please" }, to = "ending_light" },
      },
    },
    horn = {
      place = "on the stairs, at the horn",
      text = "Your voice goes out over the water, ten times its size. The ship slows down. "
        .. "Which way, someone calls, left or right of the rocks?",
      choices = {
        { say = "answer left", words = { "left" }, to = "ending_pilot" },
        { say = "answer right", words = { "right" }, to = "ending_storm" },
      },
    },

    ending_light = {
      place = "in the light",
      ending = true,
      text = "The lamp blinks, like somebody who was woken gently. Then the light sweeps over the bay, over the ship, "
        .. "over a grey cat on the sill. In the log you find your name, in ink that is not quite dry. This is the end of the light.",
    },
    ending_storm = {
      place = "in the storm",
      ending = true,
      text = "There is a flash that everyone in the bay will talk about for years, and then it is dark again. "
        .. "But the ship has seen the rocks, and turned. You walk home in the rain, and you are oddly content. This is the end of the storm.",
    },
    ending_keeper = {
      place = "in the cave, with the lantern",
      ending = true,
      text = "The little flame stands up straight, and far above, the great one answers it. The old woman does not come back. "
        .. "The cat does, and sits down beside you. It seems that you have the post. This is the end of the keeper.",
    },
    ending_pilot = {
      place = "in the harbour",
      ending = true,
      text = "They follow your voice past the rocks, and into the calm. On the quay the captain gives you a silver whistle. "
        .. "A light can fail, she says, but a voice like that can not. This is the end of the pilot.",
    },
    ending_voyage = {
      place = "far from Grey Tooth",
      ending = true,
      text = "You climb aboard, and nobody asks your name. By morning the island is a tooth, then a grain, then nothing. "
        .. "Once in every night you look back, and once, only once, you think you see it shine. This is the end of the voyage.",
    },
  },
}
