-- expect: bad_value "too many entries"
local t = {}
for i = 1, 200000 do t[i] = i end
return t
