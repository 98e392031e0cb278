-- expect: ok
for _, name in ipairs { "find", "match", "gmatch", "gsub", "dump", "pack", "unpack", "packsize" } do
  assert(string[name] == nil and ("")[name] == nil, name)
end
return {}
