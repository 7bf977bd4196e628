"""What `chat-cli tail` is made of: a named reader, a program that it feeds, the live view, its end.

The command itself is `chat_cli.command_line.tail`.
"""
