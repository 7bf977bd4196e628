"""What the realm counts. Plain numbers on the message path; Prometheus reads them when asked."""

from collections import Counter
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector


class Counts:
    """Counters since the start of this process."""

    __slots__ = (
        "deliveries",
        "file_cache_hits",
        "file_pulls",
        "link_connects",
        "messages_from_clients",
        "messages_from_main",
        "messages_kept",
        "messages_replayed",
        "messages_withdrawn",
        "pauses",
        "refusals",
        "sign_ins",
        "slow_sessions",
    )

    def __init__(self) -> None:
        self.messages_from_clients = 0
        self.messages_from_main = 0
        self.messages_kept = 0
        self.messages_replayed = 0
        self.messages_withdrawn = 0
        self.deliveries = 0
        self.link_connects = 0
        self.sign_ins = 0
        self.slow_sessions = 0
        self.pauses = 0
        self.file_pulls = 0
        self.file_cache_hits = 0
        self.refusals: Counter[str] = Counter()


_COUNTERS = {
    "messages_from_clients": "Messages that clients have sent, of every kind.",
    "messages_from_main": "Messages that the main server has sent, of every kind.",
    "messages_kept": "Messages taken into the outbox because main did not answer.",
    "messages_replayed": "Of these, those that main has now.",
    "messages_withdrawn": "Of these, those that main refused for good.",
    "deliveries": "Events written to client sessions.",
    "link_connects": "How often the link has come up.",
    "sign_ins": "Sign-ins and registrations that succeeded.",
    "slow_sessions": "Sessions closed because they did not read.",
    "pauses": "How often a session was read no further until answers came.",
    "file_pulls": "How often a file, or the rest of one, was fetched from the main server.",
    "file_cache_hits": "Downloads that needed nothing from the main server but its leave.",
}

_GAUGES = {
    "sessions": "Connections of clients.",
    "line_connections": "Connections of line programs.",
    "people": "People with a session attached.",
    "session_bytes_waiting": "Bytes that wait for clients to read.",
    "link_up": "1 while the link to main is up.",
    "link_suspect": "1 while the link is up and main has not answered for two seconds.",
    "link_since_seconds": "Since when main can be reached, or can't (Unix time).",
    "link_bytes_waiting": "Bytes that wait for the link.",
    "link_unanswered": "Requests that main has not answered.",
    "link_unanswered_bytes": "Their bytes.",
    "outbox_messages": "Messages kept until main has them.",
    "outbox_bytes": "Their bytes, with those that keeping them takes.",
    "outbox_oldest_seconds": "How long the oldest of them has been kept; 0 when there is none.",
    "waiting_files": "Files taken in while main was away, and kept until it has them.",
    "waiting_file_bytes": "Their bytes.",
    "file_cache_bytes": "Bytes of files in the cache.",
    "watermarks_waiting": "Watermarks within their second, or kept for people who are away.",
}

Gauge = Callable[[], float]


class RealmCollector(Collector):
    """The counts, and gauges read at the moment, in Prometheus' shapes."""

    def __init__(self, counts: Counts, gauges: dict[str, Gauge]) -> None:
        self._counts = counts
        self._gauges = gauges

    def describe(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Every metric without its value."""
        for name, text in _COUNTERS.items():
            yield CounterMetricFamily(f"realm_{name}", text)
        yield CounterMetricFamily("realm_refusals", "Refusals by code.", labels=["code"])
        for name, text in _GAUGES.items():
            yield GaugeMetricFamily(f"realm_{name}", text)

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        for family in self.describe():
            name = family.name.removeprefix("realm_")
            if name == "refusals":
                for code, count in self._counts.refusals.items():
                    family.add_metric([code], count)
            elif name in _COUNTERS:
                family.add_metric([], getattr(self._counts, name))
            else:
                family.add_metric([], self._gauges[name]())
            yield family


def new_registry(counts: Counts, gauges: dict[str, Gauge]) -> CollectorRegistry:
    """A registry of one realm, so that several can live in one process."""
    registry = CollectorRegistry()
    registry.register(RealmCollector(counts, gauges))
    return registry
