"""WHO says so: keys, proofs and the trust list."""
