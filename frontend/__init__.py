"""The place of the window: a Flet app that is one more client of chat-cli's HTTP.

It may import `realm_protocol` and nothing else of this project.
"""
