-- expect: runtime "non-closable value"
for k in next, {}, nil, {} do end
