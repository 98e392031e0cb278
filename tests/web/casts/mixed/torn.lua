return {
  name = "Torn",
  voice = {
