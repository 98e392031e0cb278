-- expect: ok
for i = 1, 100 do
  local any = math.random(math.mininteger, math.maxinteger)
  assert(math.type(any) == "integer")
  assert(math.random(5, 5) == 5)
end
assert(not pcall(math.random, 0))
assert(not pcall(math.random, 2, 1))
assert(not pcall(ctx.random, 0))
assert(not pcall(ctx.random, math.mininteger))
assert(ctx.random(math.maxinteger) >= 1)
assert(#ctx.sample({ 1, 2, 3 }, math.maxinteger) == 3)
assert(not pcall(ctx.sample, { 1 }, -1))
assert(not pcall(ctx.choice, {}))
assert(not pcall(ctx.choice, "abc"))
return {}
