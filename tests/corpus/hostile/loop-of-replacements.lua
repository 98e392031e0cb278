-- expect: timeout
local s = ("a"):rep(65536)
while true do text.replace(s, "a", "b") end
