"""Files that people sent: their rows, their end, and those of signed steps for everybody."""
