"""`transfers`: files on their way, as the command line lists, stops and takes them up."""

from tests.chat_cli_line.conftest import Run
from tests.chat_cli_line.fake_service import MESSI, FakeService

PATH = f"/v1/accounts/{MESSI}/transfers"
UPLOAD = {
    "transfer": "01M7YWVQ2531E37CXH5Y1A6T59",
    "direction": "upload",
    "name": "report.pdf",
    "size": 2_000_000,
    "done": 500_000,
    "state": "running",
    "rate": 1000.0,
}


def test_files_on_their_way_are_listed(service: FakeService, run: Run) -> None:
    """A line for each in a pipe, in words where people look; a note where there is none."""
    service.answers[f"GET {PATH}"] = [UPLOAD, {**UPLOAD, "size": None, "direction": "download"}]

    listed = run("transfers").stdout.splitlines()

    assert listed[0] == f"{UPLOAD['transfer']}\tupload\treport.pdf\t2000000\t500000\trunning"
    assert listed[1].split("\t")[1:4] == ["download", "report.pdf", ""]
    service.answers[f"GET {PATH}"] = []
    none = run("transfers")
    assert (none.returncode, none.stdout) == (0, "")
    assert "No files are on their way." in none.stderr


def test_one_is_stopped_and_taken_up(service: FakeService, run: Run) -> None:
    """By its id; which one must be said."""
    for action in ("cancel", "retry"):
        service.answers[f"POST {PATH}/{UPLOAD['transfer']}/{action}"] = UPLOAD

    stopped = run("transfers", "cancel", str(UPLOAD["transfer"]))
    going = run("transfers", "retry", str(UPLOAD["transfer"]), "--lang", "id")
    unsaid = run("transfers", "retry")

    assert stopped.stdout == "Stopped report.pdf. `transfers retry` goes on with it.\n"
    assert going.stdout == "report.pdf dilanjutkan.\n"
    assert (unsaid.returncode, "TRANSFER is missing." in unsaid.stderr) == (2, True)
    assert run("transfers", "burn", "x").returncode == 2


def test_one_is_given_up(service: FakeService, run: Run) -> None:
    """What was stopped would wait on the disk for ever."""
    service.answers[f"GET {PATH}/{UPLOAD['transfer']}"] = UPLOAD
    service.answers[f"DELETE {PATH}/{UPLOAD['transfer']}"] = UPLOAD

    removed = run("transfers", "remove", str(UPLOAD["transfer"]))

    assert (removed.returncode, removed.stdout) == (0, "Forgot report.pdf.\n")
    assert service.last("DELETE").path == f"{PATH}/{UPLOAD['transfer']}"
