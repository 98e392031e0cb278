-- expect: timeout|memory
-- The memory is full of small tables, so that garbage has to be collected all the time, and each time all is looked at.
local hoard = {}
for i = 1, 110500 do hoard[i] = {} end
while true do
  local garbage = { {}, {}, {}, {} }
end
