"""What the main server counts, in Prometheus' words."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from realm_protocol.link import RealmReport

_REPORTED = {
    "outbox_messages": "Messages that the realm kept for main when it reported last.",
    "outbox_bytes": "Bytes that keeping them took.",
    "outbox_oldest_seconds": "How long the oldest of them had been kept.",
    "lag_seconds": "How long main took to answer the realm, as the realm saw it.",
}


class Metrics:
    """A registry of its own, so that several servers live in one process (tests)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.jobs_done = 0
        self._commits = Histogram(
            "realmchat_commit_seconds",
            "From the begin of a batch to its sync.",
            registry=self.registry,
            buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
        )
        self._jobs = Counter("realmchat_jobs", "Jobs that the writer took.", registry=self.registry)
        self._links = Gauge(
            "realmchat_link_up", "1 while the realm is linked.", ["realm"], registry=self.registry
        )

        self._reported = {
            name: Gauge(f"realmchat_realm_{name}", words, ["realm"], registry=self.registry)
            for name, words in _REPORTED.items()
        }

    def realm_reported(self, realm: str, report: RealmReport) -> None:
        """A realm tells how it stands."""
        told = {
            "outbox_messages": report.queued,
            "outbox_bytes": report.queued_bytes,
            "outbox_oldest_seconds": report.oldest_ms / 1000,
            "lag_seconds": report.lag_ms / 1000,
        }
        for name, value in told.items():
            self._reported[name].labels(realm).set(value)

    def committed(self, jobs: int, seconds: float) -> None:
        self.jobs_done += jobs
        self._jobs.inc(jobs)
        self._commits.observe(seconds)

    def link_changed(self, realm: str, up: bool) -> None:
        self._links.labels(realm).set(int(up))
