"""What does harm to a registry, and what remembers what it had promised."""
