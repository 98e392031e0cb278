-- expect: ok
for _, value in ipairs { {}, print, function() end, tostring, ctx, string, table.pack(1) } do
  local shown = tostring(value)
  assert(shown == type(value), shown)
  assert(string.format("%s", value) == shown)
  assert(#string.format("%20s", value) == 20)
end
local _, message = pcall(error, {})
assert(tostring(message) == "table")
assert(select("#", math.randomseed(1)) == 0)
assert(not pcall(math.randomseed))
return {}
