-- expect: memory "more than 65536 bytes"
("x"):rep(math.maxinteger)
