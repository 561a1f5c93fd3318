"""The artisan's lots: drafts as typed, forms made of them, issuing, labels, corrections."""
