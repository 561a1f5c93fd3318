"""How it REACHES THE JAR: label codes, their seal and their picture. Knows codes, not records."""
