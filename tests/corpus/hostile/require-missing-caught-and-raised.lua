-- expect: resource_not_found "nowhere"
local _, message = pcall(require, "nowhere")
error(message, 0)
