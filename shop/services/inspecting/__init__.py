"""What inspectors carry along, and what they signed."""
