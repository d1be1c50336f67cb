"""The axis: the hub serves VXP, so that software built on the vendor's SDK works by changing its endpoint's address."""

from __future__ import annotations

from plugins.eoffice.axis.connector import EofficeAxis
from plugins.eoffice.axis.settings import AxisSettings

__all__ = ["AxisSettings", "EofficeAxis"]
