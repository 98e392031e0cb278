-- expect: memory
local part, t = ("x"):rep(65536), {}
for i = 1, 10000 do t[i] = part end
table.concat(t)
