"""The database of the main server: its schema, the one writer, the readers, backups."""
