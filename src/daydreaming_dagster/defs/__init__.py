"""Definitions that `dg scaffold defs` adds; `definitions.py` loads them too."""
