-- expect: timeout
local line = ("x"):rep(60000)
while true do log(line) end
