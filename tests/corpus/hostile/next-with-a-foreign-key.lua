-- expect: runtime "invalid key"
next({}, "nowhere")
