-- expect: memory
local t = {}
for i = 1, 100 do t[i] = text.split(("x"):rep(65536), "") end
