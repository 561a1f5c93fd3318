"""Who gets in, as whom, and what she did."""
