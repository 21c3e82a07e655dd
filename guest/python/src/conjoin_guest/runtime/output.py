"""`print`, `sys.stderr` and `logging` end in the policy's log."""

from __future__ import annotations

import io
import sys

from conjoin_guest import log

_LOGGING_LEVELS = ((40, log.error), (30, log.warn), (20, log.info), (0, log.debug))


class _Lines(io.TextIOBase):
    """A stream whose lines go to the log, the last one when the call ends."""

    def __init__(self, level: log.Level) -> None:
        self._write = log.info if level == "info" else log.warn
        self._pending = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        *lines, self._pending = (self._pending + text).split("\n")
        for line in lines:
            self._write(line)
        return len(text)

    def flush(self) -> None:
        """Nothing: a line is written when it ends. See `end`."""

    def end(self) -> None:
        if self._pending:
            self._write(self._pending)
            self._pending = ""


_output, _errors = _Lines("info"), _Lines("warn")


def install() -> None:
    """Takes over the streams, and the root logger where the policy imported `logging`."""
    sys.stdout = sys.__stdout__ = _output  # type: ignore[misc, assignment]
    sys.stderr = sys.__stderr__ = _errors  # type: ignore[misc, assignment]
    sys.stdin = sys.__stdin__ = io.StringIO()  # type: ignore[misc, assignment]
    if "logging" in sys.modules:
        _take_over_logging()


def end() -> None:
    """Writes what has not ended in a line break."""
    _output.end()
    _errors.end()


def _take_over_logging() -> None:
    import logging

    class ToLog(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            write = next(write for least, write in _LOGGING_LEVELS if record.levelno >= least)
            try:
                write(self.format(record))
            except Exception:
                self.handleError(record)

        def handleError(self, record: logging.LogRecord) -> None:
            log.error(f"the log record at {record.filename}:{record.lineno} cannot be formatted")

    handler = ToLog()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    root = logging.getLogger()
    # An author's own handlers write to streams that were there at build.
    root.handlers[:] = [handler]
    if root.level == logging.WARNING:
        root.setLevel(logging.INFO)
