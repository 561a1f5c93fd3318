"""Sourced facts about real villages and dated figures: data files, and the words to show them in."""
