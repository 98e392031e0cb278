-- expect: memory
local s = ("a"):rep(65536)
text.replace(s, "a", s)
