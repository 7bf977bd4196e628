"""What main decides: rights, names, memberships, watermarks. Runs inside the writer's transaction.

Nothing here commits, and nothing here knows a socket: what others must be told goes into effects.
"""
