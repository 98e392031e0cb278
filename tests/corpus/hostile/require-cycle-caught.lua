-- expect: ok
for i = 1, 100 do assert(not pcall(require, "cycle_a")) end
return {}
