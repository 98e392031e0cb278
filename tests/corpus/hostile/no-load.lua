-- expect: runtime "attempt to call a nil value (global 'load')"
load("while true do end")()
