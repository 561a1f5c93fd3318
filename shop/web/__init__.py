"""The web: one file per AUDIENCE. A view parses, calls one service, and answers."""
