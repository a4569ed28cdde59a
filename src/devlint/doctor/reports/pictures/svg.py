"""SVG as text."""

from __future__ import annotations

from html import escape

WIDTH = 360
"""Units across every drawing; on a phone one unit is about one pixel."""


def drawing(height: float, title: str, *parts: str) -> str:
    """A whole drawing; `title` is what a screen reader says."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {_number(height)}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def rect(x: float, y: float, width: float, height: float, css: str, radius: float = 0) -> str:
    """A rectangle; `css` names classes."""
    rounded = f' rx="{_number(radius)}"' if radius else ""
    return f'<rect {_place(x=x, y=y, width=max(width, 0), height=height)}{rounded} class="{css}"/>'


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    """A straight line."""
    return f'<line {_place(x1=x1, y1=y1, x2=x2, y2=y2)} class="{css}"/>'


def shape(points: list[tuple[float, float]], css: str, *, closed: bool = False) -> str:
    """A line through points, or the area inside."""
    path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    return f'<{"polygon" if closed else "polyline"} points="{path}" class="{css}"/>'


def dot(x: float, y: float, radius: float, css: str) -> str:
    """A filled circle."""
    return f'<circle {_place(cx=x, cy=y, r=radius)} class="{css}"/>'


def text(x: float, y: float, words: str, css: str = "", anchor: str = "start") -> str:
    """One line of text; `anchor` is `start`, `middle` or `end`."""
    return f'<text {_place(x=x, y=y)} text-anchor="{anchor}" class="{css}">{escape(words)}</text>'


def clipped(words: str, room: float, size: float = 12) -> str:
    """As much of a text as fits into `room` units: a character of a sans-serif font is about 0.55 of its size wide."""
    most = max(3, int(room / (0.55 * size)))
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def _place(**attributes: float) -> str:
    return " ".join(f'{name}="{_number(value)}"' for name, value in attributes.items())


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")
