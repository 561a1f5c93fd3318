"""What the shop DOES: one file per noun, no Flask. Every method is one transaction and gives frozen values."""
