-- expect: ok
for _, name in ipairs { "", ".", "..", "../x", "/etc/passwd", "a/b", "a\\b", "a\0b", "good\0", "good.lua/", "~", "-x", ".good",
  "good ", " good", ("x"):rep(60000), "\xff", "good\n", "%2e%2e", "good.lua" } do
  local ok, message = pcall(require, name)
  assert(not ok, name)
  assert(#message < 400, #message)
  assert(not text.contains(message, "root:"))
end
assert(not pcall(require))
assert(not pcall(require, {}))
assert(require "good" == "good" and require "good" == "good")
return {}
