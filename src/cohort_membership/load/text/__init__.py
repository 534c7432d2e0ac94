"""Each file format: pure text to values with places."""
