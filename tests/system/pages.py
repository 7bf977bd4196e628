"""Pages of the documentation, played: each command in one shell, and what it prints compared."""

import re
import subprocess
import sysconfig
from pathlib import Path

from tests.system.demonstration import Demonstration
from tests.system.processes import environment

HOME_ON_PAGES = "/home/messi/chat"
"""What stands on a page for the home of the system."""

# What differs from run to run, and what stands for it.
_VARYING = (
    (re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b"), "KEY"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "TIME"),
    (re.compile(r'"state": ?"(at_main|delivered|read)"'), '"state":"STORED"'),
    (re.compile(r"\bproses? \d+|\bprocess \d+"), "process PID"),
)


def play(demonstration: Demonstration, page: Path, *, at_least: int) -> None:
    """Each command of the page, in one shell, prints what the page says."""
    steps = _steps(page.read_text(encoding="utf-8"))
    assert len(steps) >= at_least
    script = "\n".join(
        f"{{ {_moved(demonstration, command)}\n}} 2>&1; echo; echo '== {number}'"
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
        assert _settled(output) == _settled(_moved(demonstration, expected)), command
    assert len(outputs) == len(steps) + 1


def _moved(demonstration: Demonstration, text: str) -> str:
    return demonstration.moved(text).replace(HOME_ON_PAGES, str(demonstration.home))


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
    return "\n".join(line.rstrip() for line in output.strip().splitlines())
