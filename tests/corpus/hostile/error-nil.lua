-- expect: runtime "error value of type nil"
error()
