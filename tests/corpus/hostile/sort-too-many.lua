-- expect: runtime "too many elements"
local t = {}
for i = 1, 10001 do t[i] = -i end
table.sort(t)
