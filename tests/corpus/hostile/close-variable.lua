-- expect: runtime "non-closable value"
local x <close> = {}
