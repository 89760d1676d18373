"""What several tests need beside the tests themselves."""
