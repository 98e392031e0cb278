-- expect: ok
local function deeper() return pcall(deeper) end
assert(deeper() == true)
return {}
