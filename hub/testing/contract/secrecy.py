"""No secret of the settings in any text: repr, str, health, errors, logs."""

from __future__ import annotations

import base64
import io
import logging
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from pydantic import SecretBytes, SecretStr

from hub.connector import Settings
from hub.containment import outcome
from hub.log import logger
from hub.testing.contract.alone import ours
from hub.testing.contract.stage import AnyConnector, Stage, broken
from hub.vocabulary import Health

_SOUNDS_SECRET = re.compile(r"token|secret|password|passphrase|passwd|credential|api_?key|mat_?khau", re.IGNORECASE)
_PLAIN: dict[str, Any] = {"format": "{message}", "backtrace": False, "diagnose": False}
_WRONG = "sai-mat-khau-8d1f6c"


async def secrets(stage: Stage) -> None:
    """A life with the right secrets, one with wrong ones, one without a counterpart: all that they say is read."""
    connector = stage.made()
    for field in _bare(type(connector.settings)):
        broken(f"the setting {field} is a plain text, and sounds like a secret: make it a SecretStr")
    hidden = _secrets(connector.settings)
    with _heard() as texts:
        texts.extend([repr(connector), str(connector), repr(connector.settings), str(connector.settings)])
        texts.extend(await _tour(stage, connector))
        if hidden:
            texts.extend(await _tour(stage, stage.made(**dict.fromkeys(hidden, _WRONG))))
        await stage.gone()
        texts.extend(await _tour(stage, stage.made()))
    said = "\n".join(texts)
    for field, value in [*hidden.items(), *dict.fromkeys(hidden, _WRONG).items()]:
        if any(form in said for form in _forms(value)):
            broken(f"the secret {field} stands in a text: {_line(said, value)}. Keep it out of errors, logs and repr")


def _bare(settings: type[Settings]) -> list[str]:
    fields = settings.model_fields.items()
    return [name for name, field in fields if _SOUNDS_SECRET.search(name) and field.annotation in (str, str | None)]


def _secrets(settings: Settings) -> dict[str, str]:
    found = {name: getattr(settings, name) for name in type(settings).model_fields}
    shown: Mapping[str, Any] = {
        name: value.get_secret_value() for name, value in found.items() if isinstance(value, SecretStr | SecretBytes)
    }
    return {name: value.decode() if isinstance(value, bytes) else value for name, value in shown.items()}


def _forms(value: str) -> Iterator[str]:
    if value:
        yield value
        yield base64.b64encode(value.encode()).decode().rstrip("=")


def _line(said: str, value: str) -> str:
    line = next((line for line in said.splitlines() if any(form in line for form in _forms(value))), "")
    for form in _forms(value):
        line = line.replace(form, "***")
    return line.strip()[:200]


async def _tour(stage: Stage, connector: AnyConnector) -> list[str]:
    """What the verbs of one life say."""
    ends: list[Any] = [await outcome(_waited(connector.__aenter__()))]
    if not isinstance(ends[0], Exception):
        ends.append(await stage.health(connector))
        ends.append((await stage.send(connector, stage.delivery("1/CV"))).outcome)
        ends.append(await outcome(_waited(connector.find(stage.delivery("2/CV"))), 5))
    ends.append(await outcome(_waited(connector.__aexit__(None, None, None)), 5))
    return [text for end in ends for text in _said(end)]


async def _waited(work: Any) -> Any:
    task = ours(work)
    try:
        return await task
    finally:
        task.cancel()


def _said(end: object) -> Iterator[str]:
    yield repr(end)
    if isinstance(end, Health):
        yield end.detail
    if isinstance(end, Exception):
        yield "".join(traceback.format_exception(end))


class _Texts(logging.Handler):
    def __init__(self, texts: list[str]) -> None:
        super().__init__(level=0)
        self._texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        self._texts.append(self.format(record))


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Collects what is logged and printed meanwhile, at every level."""
    texts: list[str] = []
    printed, handler = io.StringIO(), _Texts(texts)
    root, level = logging.getLogger(), logging.getLogger().level
    sink = logger.add(lambda message: texts.append(f"{message}{message.record['extra']}"), level=0, **_PLAIN)
    root.addHandler(handler)
    root.setLevel(1)
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            yield texts
            texts.append(printed.getvalue())
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        logger.remove(sink)
