-- expect: timeout
-- Reading it takes long, though it has few entries and no instruction runs meanwhile.
local empty = {}
for i = 1, 65000 do empty[i] = i end
for i = 1, 65000 do empty[i] = nil end
return {
  attack = function()
    local t = {}
    for i = 1, 9000 do t[i] = empty end
    return t
  end,
}
