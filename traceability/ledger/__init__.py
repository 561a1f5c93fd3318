"""That it CANNOT BE UNSAID: the Merkle log, its heads, receipts and witnesses. Knows bytes, not records."""
