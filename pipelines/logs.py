"""Logging of the console script: warnings and worse, on standard error, without Beam's known noise."""

import logging

__all__ = ["configure_logging"]

#: Beam says this at import whenever its cloud extra is absent; `warraq doctor` tells it where it matters.
_NOISE = ("apitools not found", "Failed to import GCSFileSystem")
#: So does it when it starts and ends a server or a worker on this machine, whole command lines each time.
_COMINGS = ("Really starting service", "Really destroying service", "Starting worker with command")
#: Local workers log what they raise, frames and all, on every level it passes; it is raised to the caller too.
_REPEATERS = ("apache_beam.runners.worker", "apache_beam.runners.portability", "apache_beam.runners.common")


def _is_news(record: logging.LogRecord) -> bool:
    if record.exc_info and record.name.startswith(_REPEATERS):
        return False
    return not record.getMessage().startswith((*_NOISE, *_COMINGS, "Error processing instruction"))


def configure_logging() -> None:
    """Send warnings to standard error, one line each. Call it before Beam is imported."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_is_news)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
