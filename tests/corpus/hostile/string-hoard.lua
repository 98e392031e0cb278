-- expect: memory "bytes of memory"
local t = {}
for i = 1, math.huge do t[#t + 1] = ("x"):rep(1000) .. i end
