"""What the shop DOES: one file per noun, no Flask. A write is one transaction; values are frozen.

A method that reads may take several transactions; what it remembers goes with the log's head, and after five
minutes at the latest.
"""
