-- expect: runtime "invalid value (at index 1)"
table.concat({}, "", 1, math.maxinteger)
