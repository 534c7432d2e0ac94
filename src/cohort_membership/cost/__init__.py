"""PURE: what a cohort costs (contract §13): calls from a plan, prices, tokens, and exact totals of them."""
