"""Alembic's scripts for the realm's store."""
