-- expect: timeout
local heap = ("a"):rep(65536)
local needle = ("a"):rep(32767) .. "b"
while true do text.contains(heap, needle) end
