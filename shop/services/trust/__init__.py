"""Trust lists: drafted, published, and noticed when they are newer."""
