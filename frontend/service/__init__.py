"""chat-cli as the window asks it: where it is, its routes, its stream of events.

What an answer means to a person is `window`'s.
"""
