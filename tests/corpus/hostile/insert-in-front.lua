-- expect: runtime "too many elements"
local t = {}
for i = 1, 100000 do t[i] = i end
table.insert(t, 1, 0)
