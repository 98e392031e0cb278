-- expect: ok
local known = {}
for _, name in ipairs { "_G", "_VERSION", "assert", "ctx", "error", "ipairs", "json", "log", "math", "next", "pairs",
  "pcall", "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select", "string", "table", "text",
  "tonumber", "tostring", "type", "utf8" } do
  known[name] = true
  assert(_G[name] ~= nil, name)
end
for name in pairs(_G) do assert(known[name], name) end
return {}
