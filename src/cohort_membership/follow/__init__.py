"""EDGE: a cohort followed after its build: the pure parts of `life` over the edges that read.

A module a question of the contract's §12, each of which works on any store that holds memberships.
"""
