"""Times as people read them. Pure: the moment that is now, in its zone, is handed in."""

from datetime import date, datetime

from frontend.window.words import Words


def clock(words: Words, moment: datetime, now: datetime) -> str:
    """10:24, or 10.24 in Indonesian."""
    local = moment.astimezone(now.tzinfo)
    return f"{local:%H.%M}" if words.language == "id" else f"{local:%H:%M}"


def day(words: Words, when: date, today: date) -> str:
    """Today, Yesterday, Monday within a week, else 16 November, with another year's number."""
    behind = (today - when).days
    if behind == 0:
        return words("today")
    if behind == 1:
        return words("yesterday")
    if 1 < behind < 7:
        return words.weekday(when.weekday())
    told = f"{when.day} {words.month(when.month)}"
    return told if when.year == today.year else f"{told} {when.year}"


def in_list(words: Words, moment: datetime, now: datetime) -> str:
    """Today the time, else the day, short."""
    local = moment.astimezone(now.tzinfo)
    behind = (now.date() - local.date()).days
    if behind == 0:
        return clock(words, moment, now)
    if behind < 7:
        return day(words, local.date(), now.date())
    told = f"{local.day} {words.month(local.month)[:3]}"
    return told if local.year == now.year else f"{told} {local.year}"


def since(words: Words, moment: datetime, now: datetime) -> str:
    """A time of today, or a day and its time."""
    local = moment.astimezone(now.tzinfo)
    told = clock(words, moment, now)
    if local.date() == now.date():
        return told
    return f"{day(words, local.date(), now.date())} {told}"


def full(words: Words, moment: datetime, now: datetime) -> str:
    """To the second."""
    local = moment.astimezone(now.tzinfo)
    seconds = f"{local:%H.%M.%S}" if words.language == "id" else f"{local:%H:%M:%S}"
    return f"{local.day} {words.month(local.month)} {local.year}, {seconds}"
