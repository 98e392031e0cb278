-- expect: memory "more than 65536 bytes"
local t = {}
for i = 1, 9999 do t[i] = 0x7FFFFFFF end
local s = utf8.char(table.unpack(t))
return { #s, s .. s }
