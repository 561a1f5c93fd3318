"""The inspector's pocket and desk."""
