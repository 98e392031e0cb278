-- expect: runtime "invalid conversion '%p'"
string.format("%p", {})
