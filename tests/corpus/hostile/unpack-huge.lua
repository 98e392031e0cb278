-- expect: runtime "too many elements"
table.unpack({}, 1, 100000000)
