"""The services that this code location wires to its data."""
