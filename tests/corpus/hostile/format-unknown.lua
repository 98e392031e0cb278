-- expect: ok
for _, bad in ipairs { "%", "%n", "%hhn", "%ls", "%*d", "%1$s", "%-+ #0-5d", "%.100f", "%100d", "%u", "%5q" } do
  assert(not pcall(string.format, bad, 1, 2), bad)
end
assert(#string.format("%99.99f", 1.7976931348623157e308) == 409)
return {}
