-- expect: ok
local codes = {}
for i = 1, 10000 do codes[i] = 0x10FFFF end
local s = utf8.char(table.unpack(codes))
assert(#s == 40000)
assert(select("#", utf8.codepoint(s, 1, -1)) == 10000)
assert(not pcall(utf8.char, -1))
assert(not pcall(utf8.codepoint, "\xff"))
assert(utf8.len("\xff") == nil)
return {}
