"""Bytes and times as people say them. Pure."""

_UNITS = ("B", "kB", "MB", "GB", "TB")


def amount(count: float) -> str:
    """Bytes as people say them: `512 B`, `3.4 MB`."""
    for unit in _UNITS:
        if count < 999.5 or unit == _UNITS[-1]:
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" or count >= 99.95 else f"{count:.1f} {unit}"


def duration(seconds: float) -> str:
    """`0:05`, `1:02:03`."""
    whole = int(seconds + 0.5)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
