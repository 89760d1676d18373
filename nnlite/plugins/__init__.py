"""Classes and data sources by name: nnlite's own, and those of Python files and packages of the user's."""
