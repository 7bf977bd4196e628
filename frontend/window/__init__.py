"""What a window knows and decides, as plain code: no Flet, no socket, no clock.

Answers and events in, a new state out; rows to draw out of a state. `views` draws them.
"""
