"""The realm server: one site's client sessions, and its one link to the main server."""
