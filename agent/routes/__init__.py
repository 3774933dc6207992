"""Who is told of what, when: pure functions from settings and facts to a decision, and to words that explain it."""
