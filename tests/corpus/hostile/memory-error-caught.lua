-- expect: memory "more than 65536 bytes"
pcall(string.rep, "x", 1000000000)
return {}
