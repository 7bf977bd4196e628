"""What the window looks like, in Flet controls. Nothing is decided here: a state is drawn, and what
was clicked or typed is handed on.
"""
