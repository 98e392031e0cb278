-- expect: runtime "error value of type boolean"
error(false)
