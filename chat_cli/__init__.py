"""chat-cli: the local service over one person's accounts, and the command line that asks it."""
