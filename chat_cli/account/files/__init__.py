"""Files of one account: on their way to the realm, and on their way from it.

Bytes go by HTTP beside the account's WebSocket; a file's message takes its place in the outbox when
the bytes are whole at main.
"""
