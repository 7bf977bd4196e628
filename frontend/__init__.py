"""The window: a Flet app that is one more client of chat-cli's HTTP. It has its own issue.

It will import `realm_protocol` and nothing else of this project.
"""
