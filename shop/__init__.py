"""THE STOREFRONT: depends on traceability, never the reverse."""
