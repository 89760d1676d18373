"""Classes by name: nnlite's own, and those of Python files of the user's."""
