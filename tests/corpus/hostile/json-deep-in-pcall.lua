-- expect: timeout
local s = ("["):rep(32768) .. ("]"):rep(32768)
while true do pcall(json.decode, s) end
