-- expect: bad_value "more text"
local s, t = ("x"):rep(65536), {}
for i = 1, 100 do t[i] = s end
return t
