-- Tools that fail in different ways, and one that draws lots.
return {
  name = "Workshop",
  voice = { source_type = "file", path_on_server = "voices/workshop.wav" },
  instructions = { text = "You look after a workshop.", language = "en" },
  tools = {
    {
      name = "saw",
      description = "Raises an error",
      run = function(args, ctx)
        ctx.log("sawing")
        error("the blade is blunt")
      end,
    },
    {
      name = "sand",
      description = "Never ends",
      run = function() while true do end end,
    },
    {
      name = "draw",
      description = "A number at random",
      run = function(args, ctx) return ctx.random(1000000) end,
    },
  },
}
