-- expect: runtime "error value of type table"
local e = {}
e.e = e
e[e] = e
error(e)
