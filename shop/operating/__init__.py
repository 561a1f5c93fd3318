"""What an operator does from the command line: found an instance, admit records, back up, check, restore."""
