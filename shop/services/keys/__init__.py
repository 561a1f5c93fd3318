"""The keys that sign here, and those that people hold themselves."""
