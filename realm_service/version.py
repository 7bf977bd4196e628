"""The version of this program, as a constant: reading it from metadata costs 25 ms each time."""

VERSION = "0.1.0"
