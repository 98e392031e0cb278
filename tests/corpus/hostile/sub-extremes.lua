-- expect: ok
local s = "hello"
assert(s:sub(math.mininteger, math.maxinteger) == s)
assert(s:sub(math.maxinteger, math.mininteger) == "")
assert(s:sub(-3) == "llo" and s:sub(2, -2) == "ell" and s:sub(0) == s and s:sub(6) == "")
return {}
