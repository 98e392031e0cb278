-- expect: bad_value "contains itself"
local t = {}
t.t = t
json.encode(t)
