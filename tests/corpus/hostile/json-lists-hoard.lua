-- expect: timeout|memory
local s = "[" .. ("{},"):rep(21000) .. "{}]"
local t = {}
while true do t[#t + 1] = json.decode(s) end
