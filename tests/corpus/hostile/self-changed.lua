-- expect: ok
return {
  attack = function(given, self)
    for name in pairs(self) do self[name] = nil end
    self.attack = self
  end,
}
