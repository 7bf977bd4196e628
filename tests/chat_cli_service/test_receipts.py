"""Watermarks and what they say about single messages."""

from hypothesis import given
from hypothesis import strategies as st

from chat_cli.account.receipts import Marks, changes

numbers = st.integers(0, 30)


@given(numbers, numbers, numbers, numbers)
def test_each_message_changes_once_to_its_furthest_state(
    delivered: int, read: int, more_delivered: int, more_read: int
) -> None:
    """The changes told are exactly the messages whose state differs."""
    old = Marks().advanced(delivered, read)
    new = old.advanced(more_delivered, more_read)
    told = {
        seq: change.state
        for change in changes(old, new)
        for seq in range(change.after + 1, change.up_to + 1)
    }
    assert sum(c.up_to - c.after for c in changes(old, new)) == len(told)
    assert told == {
        seq: new.state_of(seq) for seq in range(1, 40) if new.state_of(seq) != old.state_of(seq)
    }
