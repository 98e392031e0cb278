-- expect: runtime "xxxx"
error(("x"):rep(60000))
