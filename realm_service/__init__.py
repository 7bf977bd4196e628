"""What every service of realmchat does alike: settings, logs, listening, HTTP errors, WebSockets.

It knows sockets and processes, and no command of the protocol.
"""
