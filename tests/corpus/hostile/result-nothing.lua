-- expect: runtime "returns nothing"
local nothing
