"""A scanned code or an uploaded record on its way to a verdict and a page."""
