"""WHAT is claimed: frozen values and their one JSON form."""
