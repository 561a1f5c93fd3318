"""A workshop on its way in, and the first page of its artisans' desk."""
