-- expect: runtime "too many elements"
table.unpack({}, math.mininteger, math.maxinteger)
