"""The demo: real villages, fictional workshops, everything signed for real at first start."""
