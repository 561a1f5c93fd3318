"""That it CANNOT BE UNSAID: the Merkle tree and signed notes. Knows bytes, not records."""
