-- expect: runtime
local _ENV <const> = { print = print }
return { attack = function() return undefined_function(also_undefined) end }
