-- expect: runtime "must not be empty"
text.replace("aaa", "", "b")
