-- expect: bad_value "x is a number that is not finite"
return { x = 0 / 0 }
