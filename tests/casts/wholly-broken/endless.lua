-- script-timeout: never comes to its return.
while true do end
