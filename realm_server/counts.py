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
        "link_connects",
        "messages_from_clients",
        "messages_from_main",
        "pauses",
        "refusals",
        "sign_ins",
        "slow_sessions",
    )

    def __init__(self) -> None:
        self.messages_from_clients = 0
        self.messages_from_main = 0
        self.deliveries = 0
        self.link_connects = 0
        self.sign_ins = 0
        self.slow_sessions = 0
        self.pauses = 0
        self.refusals: Counter[str] = Counter()


_COUNTERS = {
    "messages_from_clients": "Messages that clients have sent, of every kind.",
    "messages_from_main": "Messages that the main server has sent, of every kind.",
    "deliveries": "Events written to client sessions.",
    "link_connects": "How often the link has come up.",
    "sign_ins": "Sign-ins and registrations that succeeded.",
    "slow_sessions": "Sessions closed because they did not read.",
    "pauses": "How often a session was read no further until answers came.",
}

Gauge = Callable[[], float]


class RealmCollector(Collector):
    """The counts, and gauges read at the moment, in Prometheus' shapes."""

    def __init__(self, counts: Counts, gauges: dict[str, tuple[str, Gauge]]) -> None:
        self._counts = counts
        self._gauges = gauges

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        for name, text in _COUNTERS.items():
            yield CounterMetricFamily(f"realm_{name}", text, value=getattr(self._counts, name))
        refusals = CounterMetricFamily("realm_refusals", "Refusals by code.", labels=["code"])
        for code, count in self._counts.refusals.items():
            refusals.add_metric([code], count)
        yield refusals
        for name, (text, read) in self._gauges.items():
            yield GaugeMetricFamily(f"realm_{name}", text, value=read())


def new_registry(counts: Counts, gauges: dict[str, tuple[str, Gauge]]) -> CollectorRegistry:
    """A registry of one realm, so that several can live in one process."""
    registry = CollectorRegistry()
    registry.register(RealmCollector(counts, gauges))
    return registry
