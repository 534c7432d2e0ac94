"""The catalogs of a data root."""
