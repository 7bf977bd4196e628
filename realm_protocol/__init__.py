"""The vocabulary that every tier speaks. No clock, no socket, no environment."""
