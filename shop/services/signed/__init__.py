"""What was signed: admitted, stored, shown, and what was said of it later."""
