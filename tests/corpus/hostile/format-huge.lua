-- expect: memory
local s = ("x"):rep(60000)
string.format(("%s"):rep(100), table.unpack((function() local t = {} for i = 1, 100 do t[i] = s end return t end)()))
