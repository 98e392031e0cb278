-- expect: bad_value "list with holes"
return { [math.maxinteger] = 1 }
