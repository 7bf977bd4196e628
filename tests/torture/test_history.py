"""The checker finds each kind of broken promise, and nothing where all is kept."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.torture.history import History, Row, Rule

MESSI, HENDERSON = "messi@surabaya", "henderson@jakarta"
DEVICES = {"messi/1": MESSI, "messi/2": MESSI, "henderson/1": HENDERSON}
CONVERSATION = "p1"
MEMBERS = {CONVERSATION: list(DEVICES)}


def row(seq: int, sender: str = MESSI, text: str = "halo", at: int = 0) -> Row:
    return Row(seq, sender, f"k{seq}", text, at or seq)


@dataclass
class Story:
    """A conversation as it should be: what is sent is acknowledged and seen by every device."""

    history: History = field(default_factory=History)
    rows: list[Row] = field(default_factory=list)

    def say(self, device: str = "messi/1", *, acknowledged: bool = True) -> Row:
        said = row(len(self.rows) + 1, DEVICES[device])
        self.rows.append(said)
        self.history.sent(device, said.sender, HENDERSON, said.key, said.text)
        if acknowledged:
            self.history.promised_by_main(said.sender, said.key, (CONVERSATION, said.seq))
        return said

    def show(self, *devices: str) -> None:
        for device in devices or DEVICES:
            for each in self.rows:
                self.history.viewed(device, CONVERSATION, each)

    def broken(self) -> set[Rule]:
        self.history.settle(MEMBERS)
        return {violation.rule for violation in self.history.violations}


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_story_without_faults_breaks_nothing(story: Story) -> None:
    """Sent, acknowledged, seen by all, in order, counted right."""
    for device in ("messi/1", "henderson/1", "messi/1", "messi/2"):
        story.say(device)
    story.show()
    story.history.moved(HENDERSON, CONVERSATION, 1)
    story.history.check_read("henderson/1", HENDERSON, CONVERSATION, 1)
    story.history.check_unread("henderson/1", HENDERSON, CONVERSATION, 1, 2)

    assert story.broken() == set()
    assert story.history.unsettled(MEMBERS) == 0
    assert story.history.rows == story.history.sent_messages == 4


def test_an_acknowledged_message_that_is_in_no_log_is_lost(story: Story) -> None:
    """What main promised, nobody sees."""
    story.say()
    story.show()
    story.history.sent("messi/1", MESSI, HENDERSON, "lost", "halo")
    story.history.promised_by_main(MESSI, "lost", (CONVERSATION, 2))

    assert story.history.unsettled(MEMBERS) == 1
    assert story.broken() == {Rule.KEPT}


def test_what_a_realm_acknowledged_is_a_promise_too(story: Story) -> None:
    """Queued at a site, and gone."""
    story.history.sent("messi/1", MESSI, HENDERSON, "lost", "halo")
    story.history.promised_by_realm(MESSI, "lost")

    assert story.broken() == {Rule.KEPT}


def test_what_nobody_acknowledged_must_arrive_all_the_same(story: Story) -> None:
    """The device still keeps it, and everything runs: it is stuck somewhere."""
    story.history.sent("messi/1", MESSI, HENDERSON, "stuck", "halo")

    assert story.broken() == {Rule.ARRIVED}


def test_a_row_that_changes_its_place_is_seen(story: Story) -> None:
    """Acknowledged under one number, shown under another."""
    said = story.say(acknowledged=False)
    story.history.promised_by_main(said.sender, said.key, (CONVERSATION, 7))
    story.show()

    assert Rule.ONE_PLACE in story.broken()


def test_a_message_that_is_twice_in_a_log_is_seen(story: Story) -> None:
    """The same key under two numbers."""
    story.rows += [story.say(), replace(row(2), key="k1")]
    del story.rows[0]
    story.show()

    assert story.broken() == {Rule.ONE_PLACE}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda told: replace(told, text="tidak"),
        lambda told: replace(told, at=told.at + 1),
        lambda told: replace(told, key="other"),
        lambda told: replace(told, sender=HENDERSON),
    ],
)
def test_two_devices_that_see_different_rows_are_seen(
    story: Story, wrong: Callable[[Row], Row]
) -> None:
    """Who, what, which key and when: of one number there is one row."""
    said = story.say()
    story.show("messi/1", "messi/2")
    story.history.viewed("henderson/1", CONVERSATION, wrong(said))

    assert story.broken() == {Rule.ONE_ORDER}


def test_two_devices_that_see_another_order_are_seen(story: Story) -> None:
    """Each of them has both, without a hole; they stand differently."""
    first, second = story.say("messi/1"), story.say("henderson/1")
    story.show("messi/1", "messi/2")
    for seq, each in enumerate((second, first), 1):
        story.history.viewed("henderson/1", CONVERSATION, replace(each, seq=seq))

    assert story.broken() == {Rule.ONE_ORDER}


def test_a_row_that_nobody_sent_is_seen(story: Story) -> None:
    """An invented message, or one whose text was changed on its way."""
    story.history.sent("messi/1", MESSI, HENDERSON, "k1", "halo")
    story.rows = [row(1, text="tidak")]
    story.show()

    assert story.broken() == {Rule.SENT}


def test_what_is_shown_before_main_has_it_was_sent_too(story: Story) -> None:
    """At a site that is cut off."""
    story.history.sent("messi/1", MESSI, HENDERSON, "k1", "halo")
    story.history.pending("messi/2", MESSI, "k1", "halo")
    assert story.history.violations == []

    story.history.pending("messi/2", MESSI, "k1", "tidak")
    assert [violation.rule for violation in story.history.violations] == [Rule.SENT]


@pytest.mark.parametrize("seqs", [[2], [1, 3], [1, 1], [1, 2, 1]])
def test_a_device_shows_every_row_once_and_in_turn(seqs: list[int]) -> None:
    """A hole, a row shown twice, a row shown late."""
    story = Story()
    for _ in range(3):
        story.say()
    for seq in seqs:
        story.history.viewed("messi/1", CONVERSATION, story.rows[seq - 1])

    assert Rule.NO_HOLE in {violation.rule for violation in story.history.violations}


def test_a_log_with_a_hole_is_seen_in_the_end(story: Story) -> None:
    """Even where devices are only told of its rows."""
    story.say()
    story.history.noticed("messi/1", CONVERSATION, story.rows[0])
    story.history.sent("messi/1", MESSI, HENDERSON, "k3", "halo")
    story.history.noticed("messi/1", CONVERSATION, row(3))

    assert Rule.NO_HOLE in story.broken()


def test_a_device_that_lacks_the_end_is_seen(story: Story) -> None:
    """A lost tail: nothing after it shows the hole."""
    story.say()
    story.show("messi/1", "messi/2")

    assert story.history.unsettled(MEMBERS) == 1
    assert story.broken() == {Rule.SAME_END}


def test_a_sender_that_is_overtaken_by_itself_is_seen(story: Story) -> None:
    """A queued message behind a newer one of the same device to the same target."""
    story.history.sent("messi/1", MESSI, HENDERSON, "k2", "halo")
    story.history.sent("messi/1", MESSI, HENDERSON, "k1", "halo")
    story.rows = [row(1), row(2)]
    story.show()

    assert story.broken() == {Rule.IN_ORDER}


def test_two_devices_of_one_sender_need_no_order(story: Story) -> None:
    """Nor do two targets of one device."""
    story.history.sent("messi/1", MESSI, HENDERSON, "k2", "halo")
    story.history.sent("messi/2", MESSI, HENDERSON, "k1", "halo")
    story.rows = [row(1), row(2)]
    story.show()

    assert story.broken() == set()


@pytest.mark.parametrize("later", [(3, 5), (5, 3), (4, 4)])
def test_a_watermark_that_runs_back_is_seen(story: Story, later: tuple[int, int]) -> None:
    """`delivered` or `read`, at one device, until its link comes anew."""
    history = story.history
    history.watermark("messi/1", CONVERSATION, HENDERSON, 5, 4)
    history.watermark("messi/1", CONVERSATION, HENDERSON, *later)
    assert {violation.rule for violation in history.violations} == {Rule.FORWARD}

    history.violations.clear()
    history.told_anew("messi/1")
    history.watermark("messi/1", CONVERSATION, HENDERSON, 2, 1)
    assert history.violations == []


def test_what_was_read_stays_read(story: Story) -> None:
    """On every device of the person; and nothing is read that wasn't."""
    story.history.moved(MESSI, CONVERSATION, 2)
    story.history.moved(MESSI, CONVERSATION, 1)
    story.history.check_read("messi/2", MESSI, CONVERSATION, 1)
    story.history.check_read("messi/2", MESSI, CONVERSATION, 3)
    story.history.check_read("messi/2", MESSI, CONVERSATION, 1, or_more=True)
    assert [each.rule for each in story.history.violations] == [Rule.READ_STAYS] * 3

    story.history.check_read("messi/2", MESSI, CONVERSATION, 2)
    story.history.check_read("messi/2", MESSI, CONVERSATION, 3, or_more=True)
    assert len(story.history.violations) == 3


@pytest.mark.parametrize("unread", [0, 2, 3])
def test_unread_is_of_others_and_beyond_read(story: Story, unread: int) -> None:
    """One's own messages, system rows and what was read before don't count."""
    for device in ("henderson/1", "messi/1", "henderson/1"):
        story.say(device)
    story.rows.append(Row(4, HENDERSON, "", "", 4))
    story.show()

    story.history.check_unread("messi/1", MESSI, CONVERSATION, 1, 1)
    assert story.history.violations == []
    story.history.check_unread("messi/1", MESSI, CONVERSATION, 1, unread)
    assert [each.rule for each in story.history.violations] == [Rule.UNREAD]


def test_what_should_not_happen_at_all_is_seen(story: Story) -> None:
    """A final refusal, a session's or a process' end, a wrong count, an end that nobody sees."""
    story.history.refused(MESSI, "k1", "not_member")
    story.history.signed_out("messi/1", "expired")
    story.history.ended("main", "Traceback")
    story.history.miscounted(1)
    story.history.unnoticed("main vanishes")

    rules = [Rule.NOT_REFUSED, Rule.SIGNED_IN, Rule.RUNNING, Rule.SAME_END, Rule.NOTICED]
    assert [violation.rule for violation in story.history.violations] == rules


# --- properties ----------------------------------------------------------------------------------


def _play(seed: int, count: int) -> tuple[History, list[Row], dict[str, list[Row]]]:
    """A random run that keeps every promise, and what each device has shown in it."""
    chance = random.Random(seed)
    history, log = History(), list[Row]()
    shown: dict[str, list[Row]] = {device: [] for device in DEVICES}

    def deliver(device: str, rows: int) -> None:
        for each in log[len(shown[device]) : len(shown[device]) + rows]:
            shown[device].append(each)
            history.viewed(device, CONVERSATION, each)

    for _ in range(count):
        device = chance.choice(list(DEVICES))
        said = row(len(log) + 1, DEVICES[device], at=chance.randint(1, 3))
        history.sent(device, said.sender, CONVERSATION, said.key, said.text)
        if chance.random() < 0.3:
            history.promised_by_realm(said.sender, said.key)
        log.append(said)
        for _ in range(chance.randint(0, 2)):  # again, after a lost answer
            history.promised_by_main(said.sender, said.key, (CONVERSATION, said.seq))
        deliver(chance.choice(list(DEVICES)), chance.randint(0, 5))
    for device in DEVICES:
        deliver(device, len(log))
    return history, log, shown


@given(seed=st.integers(0, 2**32), count=st.integers(0, 40))
def test_no_run_that_keeps_its_promises_is_blamed(seed: int, count: int) -> None:
    """Whatever is acknowledged when and by whom, and however late devices see it."""
    history, _, _ = _play(seed, count)
    history.settle(MEMBERS)

    assert history.violations == []


@given(seed=st.integers(0, 2**32), count=st.integers(2, 40), data=st.data())
def test_no_exchange_of_two_rows_goes_unseen(seed: int, count: int, data: st.DataObject) -> None:
    """A device that has all messages, and two of them in each other's place."""
    history, log, _ = _play(seed, count)
    one, other = data.draw(st.lists(st.integers(0, count - 1), min_size=2, max_size=2, unique=True))
    seen = list(log)
    seen[one], seen[other] = replace(log[other], seq=one + 1), replace(log[one], seq=other + 1)
    for each in seen:
        history.viewed("new", CONVERSATION, each)
    history.settle(MEMBERS | {CONVERSATION: [*DEVICES, "new"]})

    assert {violation.rule for violation in history.violations} == {Rule.ONE_ORDER}


@given(seed=st.integers(0, 2**32), count=st.integers(1, 40), data=st.data())
def test_no_missing_row_goes_unseen(seed: int, count: int, data: st.DataObject) -> None:
    """A device that lacks one row, wherever it stands."""
    history, log, _ = _play(seed, count)
    missing = data.draw(st.integers(0, count - 1))
    for each in log[:missing] + log[missing + 1 :]:
        history.viewed("new", CONVERSATION, each)
    history.settle({CONVERSATION: [*DEVICES, "new"]})

    at_the_end = missing == count - 1
    expected = Rule.SAME_END if at_the_end else Rule.NO_HOLE
    assert expected in {violation.rule for violation in history.violations}
