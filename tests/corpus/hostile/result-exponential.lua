-- expect: bad_value "too many entries"
local t = {}
for i = 1, 25 do t = { t, t } end
return t
