"""The transparency log of this instance: kept, shown, and seen by witnesses."""
