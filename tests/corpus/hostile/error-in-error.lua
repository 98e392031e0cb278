-- expect: runtime
local function f() error(setmetatable) end
local ok, e = pcall(pcall, f)
assert(ok and e == false)
error(nil)
