-- expect: bad_value "itself.again is a table that contains itself"
local t = {}
t.itself = { again = t }
return t
