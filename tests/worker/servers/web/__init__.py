"""The terminal program in a browser."""
