"""What a user would lose, module by module."""
