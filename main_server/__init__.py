"""The main server: users, groups and inboxes of all realms, and the one order of every message."""
