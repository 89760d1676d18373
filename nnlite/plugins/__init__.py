"""Classes by name: nnlite's own, and those in a user's Python files."""
