"""Counter-signing: who is asked to vouch for a workshop, and each yes as a signed record."""
