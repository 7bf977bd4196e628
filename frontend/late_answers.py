"""What a page answers when the control that asked is gone, as a list when another chat was opened.

Flet would end the connection for that, and leave who asked waiting.
"""

from typing import Any

from flet.messaging.session import Session


def take_late_answers(session: Session) -> None:
    """Such an answer ends the waiting from now on, and nothing else. What went wrong in the page
    with a control that is gone is nobody's business any more.
    """
    take, index = session.handle_invoke_method_results, session.index

    def answered(control_id: int, call_id: str, result: Any, error: str | None) -> None:
        if control_id in index:
            take(control_id, call_id, result, error)
            return
        index[control_id] = session.page
        try:
            take(control_id, call_id, result, None)
        finally:
            del index[control_id]

    session.handle_invoke_method_results = answered  # type: ignore[method-assign]
