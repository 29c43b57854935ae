"""How live the network lab is: measured in a real browser, from outside."""
