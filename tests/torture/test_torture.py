"""A short run of the torture; `make torture` has longer ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_ten_thousand_messages_and_fifty_faults_break_no_promise() -> None:
    """No acked message lost, none twice, no hole, one order, each sender's order, unread right.

    The same faults in every run; `REALMCHAT_FAULT_SEED=N` plays others, `make torture` new ones.
    """
    seed = os.environ.get("REALMCHAT_FAULT_SEED", "51")
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
