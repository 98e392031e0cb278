-- expect: bad_value "key of type number"
return { [1.5] = 1 }
