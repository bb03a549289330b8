"""What was found, for people: a table on the terminal, and a page with a picture."""
