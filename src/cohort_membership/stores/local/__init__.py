"""The local file store."""
