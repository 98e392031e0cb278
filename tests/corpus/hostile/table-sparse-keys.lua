-- expect: memory
local t = {}
for i = 1, math.huge do t[i * 2 ^ 20] = true end
