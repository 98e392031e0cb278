local fine = 1
return }
