"""Pages of the documentation that are made from what the product declares about itself."""
