"""What is measured: the networks, and their rows and first weights."""
