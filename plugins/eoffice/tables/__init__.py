"""Tables: a unit's software that exchanges documents through tables of its own database (facts section 6)."""

from __future__ import annotations

from plugins.eoffice.tables.connector import Tables
from plugins.eoffice.tables.settings import TablesSettings

__all__ = ["Tables", "TablesSettings"]
