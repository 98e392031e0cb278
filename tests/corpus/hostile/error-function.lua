-- expect: runtime "error value of type function"
error(print)
