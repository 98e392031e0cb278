-- expect: ok
local t = json.decode("[" .. ("0,"):rep(32000) .. "0]")
assert(#t == 32001)
for _, bad in ipairs { "", "{", "[1,]", "nul", "\xff", '"\xff"', "1e999", "[" .. ("9"):rep(1000) .. "]" , "{}{}", "\0" } do
  assert(not pcall(json.decode, bad), bad)
end
return {}
