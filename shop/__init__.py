"""THE STOREFRONT: depends on traceability, never the reverse. `shop.app.create_app` makes it."""
