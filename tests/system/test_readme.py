"""The README's conversation, played as it stands against a system that `realmchat up` starts."""

import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ports
from tests.system.processes import console_script, environment
from tests.waiting import wait_until

README = Path(__file__).parents[2] / "README.md"
PORTS = (7000, 8000, 8001, 8080)

# What differs from run to run, and what stands for it.
_VARYING = (
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"), "KEY"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "TIME"),
    (re.compile(r'"state":"(at_main|delivered)"'), '"state":"STORED"'),
)


class Demonstration:
    """A system on its own home and ports."""

    def __init__(self, home: Path, offset: int) -> None:
        self.home = home
        self.offset = offset

    def moved(self, text: str) -> str:
        """The text with the README's ports moved to where this system listens."""
        for port in PORTS:
            text = text.replace(f":{port}", f":{port + self.offset}")
        return text


@pytest.fixture
def demonstration(tmp_path: Path) -> Iterator[Demonstration]:
    offset = ports.free_offset(list(PORTS))
    up = subprocess.Popen(
        [console_script("realmchat"), "up", "--home", tmp_path, "--port-offset", str(offset)],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert up.stdout is not None
        printed = ""
        while "realmchat is up" not in printed:
            line = up.stdout.readline()
            assert line, printed
            printed += line
        yield Demonstration(tmp_path, offset)
    finally:
        up.terminate()
        wait_until(lambda: up.poll() is not None)
        up.communicate()


def test_the_readme_tells_the_truth(demonstration: Demonstration) -> None:
    """Each command of the page, in one shell, prints what the page says."""
    steps = _steps(README.read_text())
    assert len(steps) >= 10
    script = "\n".join(
        f"{demonstration.moved(command)} 2>&1; echo; echo '== {number}'"
        for number, (command, _) in enumerate(steps)
    )
    scripts = sysconfig.get_path("scripts")
    played = subprocess.run(
        ["bash", "-c", script],
        env=environment(demonstration.home) | {"PATH": f"{scripts}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    outputs = re.split(r"\n== \d+\n", played.stdout)
    for (command, expected), output in zip(steps, outputs, strict=False):
        assert _settled(output) == _settled(expected), command
    assert len(outputs) == len(steps) + 1


def _steps(page: str) -> list[tuple[str, str]]:
    """Commands and what the page shows below each."""
    steps: list[tuple[str, str]] = []
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            steps.append((command, output))
    return steps


def _settled(output: str) -> str:
    for pattern, name in _VARYING:
        output = pattern.sub(name, output)
    return output.strip()
