-- expect: timeout
local s, t = ("x"):rep(65536), {}
for i = 1, 10000 do t[i] = s end
while true do table.sort(t) end
