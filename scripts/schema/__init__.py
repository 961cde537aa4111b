"""The schema as the models declare it, written down as the first migration."""
