"""What a person touches: screens and commands."""
