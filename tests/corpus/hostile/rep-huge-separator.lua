-- expect: memory
(""):rep(math.maxinteger, "x")
