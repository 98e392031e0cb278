-- expect: runtime "attempt to call a nil value (global 'print')"
local function inner() local _ENV = {} return print("x") end
return { attack = inner }
