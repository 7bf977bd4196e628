"""What runs for a moment at each command: it asks the service over HTTP, prints, and ends.

Nothing here imports the service's own modules or a server's libraries; `serve` does, when it runs.
"""
