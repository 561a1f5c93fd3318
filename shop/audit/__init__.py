"""`langnghe fsck`: what can be computed again from what was signed, compared with what is stored."""
