"""Logs: one JSON object a line on stderr: an event's name and fields. Never a secret or a text."""

import logging
import secrets
import sys
from typing import Any, TextIO

import structlog

from realm_protocol.errors import InternalError


def configure_logs(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send structlog's and the libraries' records to one stream in one shape."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Libraries that speak at every start, connection or request.
    for talkative in ("alembic", "picows", "uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger: `log.info("link_up", realm="surabaya")`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def report_defect(exc: BaseException, **context: Any) -> InternalError:
    """Log a defect with its traceback; the asker gets the number to look it up by."""
    incident = secrets.token_hex(4)
    get_logger("defects").error("defect", incident=incident, exc_info=exc, **context)
    return InternalError(incident=incident)
