"""What visitors see before they check anything: products, places, figures."""
