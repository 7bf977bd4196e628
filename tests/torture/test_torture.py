"""A short run of the torture; `make torture` has longer ones."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_ten_thousand_messages_and_fifty_faults_break_no_promise() -> None:
    """No acked message lost, none twice, no hole, one order, each sender's order, unread right.

    A failure prints the seed; `REALMCHAT_FAULT_SEED=N` plays the same faults again.
    """
    seed = os.environ.get("REALMCHAT_FAULT_SEED", str(random.SystemRandom().randrange(10**6)))
    words = ["--messages", "10000", "--faults", "50", "--seed", seed]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.torture", *words],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(ended.stdout)
    assert ended.returncode == 0
    assert "every promise was kept" in ended.stdout
