-- script-error, at line 3.
local list = nil
local first = list[1]

return { name = first }
