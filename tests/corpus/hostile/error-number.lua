-- expect: runtime "42"
error(42, 0)
