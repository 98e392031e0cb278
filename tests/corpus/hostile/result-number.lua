-- expect: runtime "returns a number instead of a table"
return 1
