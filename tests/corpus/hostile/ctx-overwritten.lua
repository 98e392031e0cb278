-- expect: ok
local own = ctx
for name in pairs(ctx) do ctx[name] = nil end
ctx = nil
return {
  attack = function(given)
    assert(given == own)
    assert(given.random(1) == 1 and given.who == "test")
    given.random, given.who, given.extra = nil, nil, 1
  end,
}
