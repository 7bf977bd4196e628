"""The window: a Flet app that is one more client of chat-cli's HTTP, and of nothing else.

`service` asks chat-cli, `window` knows what a window shows (plain code, no Flet, no I/O), `views`
draws it, `sessions` ties the three together for each browser, and `cli` starts it.
"""
