"""Pictures of delivery numbers: SVG from small frozen values, PNG of it, and a line of characters for text."""

from tools.insights.pictures.bars import breakdown, comparison
from tools.insights.pictures.shapes import Bar, Bars, Panel, Points, Series, Stack
from tools.insights.pictures.sparkline import small_picture, sparkline
from tools.insights.pictures.svg import Theme
from tools.insights.pictures.trend import trend

__all__ = [
    "Bar",
    "Bars",
    "Panel",
    "Points",
    "Series",
    "Stack",
    "Theme",
    "breakdown",
    "comparison",
    "small_picture",
    "sparkline",
    "trend",
]
