-- expect: bad_value "[1][1] is a table that contains itself"
local t = {}
t[1] = { t }
return t
