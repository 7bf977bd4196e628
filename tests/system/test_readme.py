"""The README's conversation, played as it stands against a system that `realmchat up` starts."""

import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.demonstration import Demonstration
from tests.system.processes import environment

README = Path(__file__).parents[2] / "README.md"

# What differs from run to run, and what stands for it.
_VARYING = (
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"), "KEY"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "TIME"),
    (re.compile(r'"state":"(at_main|delivered)"'), '"state":"STORED"'),
)


@pytest.fixture
def demonstration(tmp_path: Path) -> Iterator[Demonstration]:
    started = Demonstration(tmp_path)
    started.start()
    yield started
    started.end()


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
