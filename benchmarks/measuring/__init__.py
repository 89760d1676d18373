"""How it is measured: processes, rounds, figures and tables."""
