"""Reads the bytes of one file of a data root."""
