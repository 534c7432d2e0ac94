"""Results: what workers have left, read thinly beside a pure parse."""
