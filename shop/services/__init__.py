"""What the shop DOES: one file per noun, no Flask. A method is one transaction and gives frozen values."""
