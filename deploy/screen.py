"""What `realmchat up` shows: the table of addresses, and services that ended with their log."""

from pathlib import Path

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.table import Table

from deploy.demonstration import PEOPLE
from deploy.logs import last_lines
from deploy.plan import HOST, Plan
from deploy.processes import Exit

_LOG_LINES = 10
_TELL_EVERY = 60
"""A service that fails at each start fails about twice a second."""


class _PatientConsole(Console):
    def on_broken_pipe(self) -> None:
        """Nobody reads any more; the services go on."""
        self.quiet = True


class Screen:
    """Where a person watches. When it goes away, what runs goes on unwatched."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or _PatientConsole()

    def say(self, line: RenderableType) -> None:
        try:
            self._console.print(line, soft_wrap=isinstance(line, str), highlight=False)
        except OSError:  # the terminal was closed
            self._console.quiet = True

    def show_addresses(self, plan: Plan, not_ready: list[str]) -> None:
        table = Table(title="realmchat is up", title_justify="left")
        table.add_column("service", no_wrap=True)
        table.add_column("address", no_wrap=True)
        table.add_column("what it is")
        for service in plan.services:
            note = " [bold](doesn't answer yet)[/bold]" if service.name in not_ready else ""
            table.add_row(service.name, service.url, service.purpose + note)
        for realm in plan.realms:
            for dialect, port in realm.line_ports.items():
                purpose = f"text lines of older programs, dialect {dialect}"
                table.add_row(realm.name, f"{HOST}:{port}", purpose)
        self.say(table)
        realms = " and ".join(f"@{realm.realm}" for realm in plan.realms)
        for password in dict.fromkeys(person.password for person in PEOPLE):
            names = ", ".join(person.name for person in PEOPLE if person.password == password)
            self.say(f"People {realms}, password {password}: {names}")
        self.say(f"Data and logs: {escape(str(plan.home))}")
        self.say("Ctrl-C stops everything; the data stays.")

    def show_link(self, realm: str, cut: bool) -> None:
        """What `realmchat cut` or `mend` did, where the system runs."""
        said = f"cut off from main; realmchat mend {realm} brings it back" if cut else "mended"
        self.say(f"The link of [bold]{realm}[/bold] is {said}.")

    def show_exit(self, ended: Exit, log_file: Path) -> None:
        """A line for each end, and the log with it; rarely once it ends again and again."""
        if ended.in_a_row > 1 and ended.in_a_row % _TELL_EVERY:
            return
        self.say(f"[bold]{ended.name}[/bold] {escape(ended.reason)}; starting it again.")
        self.show_log(ended.name, log_file)

    def show_row(self, room: str, line: str) -> None:
        """What was written in an open room."""
        self.say(f"[cyan]{room}[/cyan] │ {escape(line)}")

    def show_log(self, name: str, log_file: Path) -> None:
        lines = last_lines(log_file, _LOG_LINES)
        if lines:
            self.say(f"The last lines of {escape(str(log_file))}:")
        for line in lines:
            self.say(f"  {name} │ {escape(line)}")
