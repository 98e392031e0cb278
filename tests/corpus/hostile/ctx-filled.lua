-- expect: memory
return { attack = function(given) for i = 1, math.huge do given[i] = i end end }
