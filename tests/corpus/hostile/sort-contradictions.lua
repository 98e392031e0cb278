-- expect: ok
local t = {}
for i = 1, 500 do t[i] = i end
table.sort(t, function() return true end)
table.sort(t, function() return math.random(2) == 1 end)
local seen = {}
for _, v in ipairs(t) do seen[v] = true end
for i = 1, 500 do assert(seen[i]) end
return {}
