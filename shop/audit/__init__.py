"""`langnghe fsck`: everything that can be computed again from what was signed, compared with what is stored."""
