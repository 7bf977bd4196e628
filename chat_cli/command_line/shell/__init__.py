"""`chat-cli shell`: the text grammar, typed line by line.

What decides is plain code: what a line is (`lines`), what completes it (`completion`), what an
event shows (`arrivals`), what the bar says (`bar`). Around it are thin shells: the terminal, a
pipe, the streams of events. What a word does is the same code that `chat-cli WORD` runs.
"""
