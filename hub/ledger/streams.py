"""Rows one after the other, never all at once, in an order that both databases and Python share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.engine import Connection

#: Rows that are fetched together.
BATCH = 1000


def ordered(connection: Connection, part: str, query: Any, key: Any) -> Iterator[tuple[str, str, Any]]:
    """The rows of a query in the order of a text column, each as (its key, `part`, row)."""
    # By bytes, in both databases, as Python compares.
    order = key.collate("C") if connection.dialect.name == "postgresql" else key
    for row in connection.execution_options(yield_per=BATCH).execute(
        query.add_columns(key.label("of")).order_by(order)
    ):
        yield row.of, part, row
