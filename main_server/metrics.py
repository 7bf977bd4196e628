"""What the main server counts, in Prometheus' words."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """A registry of its own, so that several servers live in one process (tests)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
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

    def committed(self, jobs: int, seconds: float) -> None:
        self._jobs.inc(jobs)
        self._commits.observe(seconds)

    def link_changed(self, realm: str, up: bool) -> None:
        self._links.labels(realm).set(int(up))
