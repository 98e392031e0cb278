-- expect: memory "not enough memory"
error("not enough memory", 0)
