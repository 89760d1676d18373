"""What a config trains, before anything is trained."""
