"""What a device holds: whatever the line drops, repeats or swaps, the log ends whole."""

from hypothesis import given
from hypothesis import strategies as st

from chat_cli.account import sync
from chat_cli.account.sync import Arrival, Holding

seqs = st.integers(min_value=0, max_value=2000)


@given(st.integers(0, 60), st.lists(st.integers(1, 60), max_size=200), st.data())
def test_every_row_is_shown_once_and_in_order(
    start: int, events: list[int], data: st.DataObject
) -> None:
    """Events come in any order, twice or never; with fetching, what is shown is 1, 2, 3 …"""
    holding = Holding(start, start, start)
    shown = []
    for seq in events:
        holding, arrival = sync.arrived(holding, seq)
        if arrival is Arrival.NEXT:
            shown.append(seq)
        if arrival is Arrival.BEYOND and data.draw(st.booleans()):
            holding = _fetch(holding, shown, data.draw(st.integers(1, 5)))
    while sync.missing(holding) is not None:
        holding = _fetch(holding, shown, 7)
    assert shown == list(range(start + 1, holding.last_seq + 1))
    assert holding.have == holding.last_seq == max([start, *events])


def _fetch(holding: Holding, shown: list[int], limit: int) -> Holding:
    missing = sync.missing(holding)
    assert missing is not None
    for seq in range(missing.after + 1, missing.before)[:limit]:
        holding, arrival = sync.arrived(holding, seq)
        assert arrival is Arrival.NEXT
        shown.append(seq)
    return holding


@given(seqs, seqs)
def test_a_new_device_will_hold_every_unread_message(last_seq: int, read: int) -> None:
    """However many are unread; and some that were read, when there are few."""
    read = min(read, last_seq)
    holding = sync.begin(1, last_seq, read)
    assert holding.floor <= read
    assert holding.floor == min(read, max(0, last_seq - 200))
    assert sync.missing(holding) == (
        None if last_seq == 0 else sync.Missing(holding.floor, last_seq + 1)
    )


@given(seqs, seqs, seqs)
def test_an_old_head_takes_nothing_back(floor: int, more: int, told: int) -> None:
    """Heads and events cross; what is known to exist stays known."""
    holding = Holding(floor, floor + more, floor + more)
    after = sync.told(holding, 1, told)
    assert (after.floor, after.have) == (holding.floor, holding.have)
    assert after.last_seq == max(holding.last_seq, told)


def test_who_joins_again_goes_on_behind_what_they_may_not_see() -> None:
    """Rows between leaving and joining again are never asked for."""
    after = sync.told(Holding(0, 5, 5), first_seq=9, last_seq=12)
    assert sync.missing(after) == sync.Missing(8, 13)


@given(seqs, seqs, seqs, seqs)
def test_a_restored_main_is_fetched_from_the_lowest_row_held(
    floor: int, more: int, lowest: int, last_seq: int
) -> None:
    """Nothing that is held is left unchecked, and nothing beyond main's head is waited for."""
    holding = Holding(floor, floor + more, floor + more)
    after = sync.restored(holding, max(lowest, 1), last_seq)
    assert after.last_seq == last_seq
    assert after.floor <= max(lowest, 1) - 1
    assert after.have == after.floor <= last_seq


@given(
    st.none() | st.integers(0, 300),
    st.none() | st.integers(0, 300),
    st.integers(1, 100),
    st.integers(1, 50),
    st.integers(0, 200),
)
def test_a_page_never_leaves_the_log(
    before: int | None, after: int | None, limit: int, first_seq: int, last_seq: int
) -> None:
    """A page has at most `limit` rows, all visible, all existing, all within the bounds asked."""
    rows = sync.page_range(
        before=before, after=after, limit=limit, first_seq=first_seq, last_seq=last_seq
    )
    found = range(rows.after + 1, rows.before)
    assert len(found) == sync.size(rows) <= limit
    assert all(first_seq <= seq <= last_seq for seq in found)
    assert all(before is None or seq < before for seq in found)
    assert all(after is None or seq > after for seq in found)
