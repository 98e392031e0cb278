-- expect: timeout
local a = ("x"):rep(65535) .. "a"
local b = ("x"):rep(65535) .. "b"
while true do
  local _ = a < b or a == b
end
