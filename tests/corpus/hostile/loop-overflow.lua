-- expect: ok
local count = 0
for i = math.maxinteger - 2, math.maxinteger do count = count + 1 end
for i = math.mininteger + 2, math.mininteger, -1 do count = count + 1 end
for i = 1, 0, math.mininteger do count = count + 1 end
assert(count == 7, count)
return {}
