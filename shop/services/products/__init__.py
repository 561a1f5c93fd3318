"""A workshop's products: typed, kept, photographed, and as tables."""
