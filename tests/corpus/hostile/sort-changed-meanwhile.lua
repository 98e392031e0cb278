-- expect: ok
local t = { 5, 4, 3, 2, 1 }
table.sort(t, function(a, b)
  for i = 1, 100 do t[i] = nil end
  t[1000000] = 1
  return a < b
end)
assert(t[1] == 1 and t[5] == 5)
return {}
