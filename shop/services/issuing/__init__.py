"""From a short form to a signed delivery: forms are checked, filled up with what is known, and signed."""
