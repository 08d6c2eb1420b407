"""SVG as text: a few elements, what a screen reader reads, and colours for light and dark."""

import html
import re
import unicodedata
from typing import Literal

Theme = Literal["auto", "light", "dark"]

WIDTH = 600
FONT = "Inter, system-ui, -apple-system, 'Segoe UI', sans-serif"
# Told apart by people with any colour blindness, and from the ground; tests compute both.
COLOURS: dict[str, dict[str, str]] = {
    "light": {
        "ground": "#ffffff",
        "text": "#1f2328",
        "muted": "#59636e",
        "grid": "#d9dee3",
        "usual": "#dde6f0",
        "series0": "#0060a8",
        "series1": "#d55e00",
        "series2": "#00a087",
        "series3": "#882255",
        "on0": "#ffffff",
        "on1": "#1a1005",
        "on2": "#04150f",
        "on3": "#ffffff",
    },
    "dark": {
        "ground": "#161b22",
        "text": "#e6edf3",
        "muted": "#9aa4af",
        "grid": "#343b44",
        "usual": "#263548",
        "series0": "#4ea1f3",
        "series1": "#f0883e",
        "series2": "#7ee0a8",
        "series3": "#bb6699",
        "on0": "#0b1017",
        "on1": "#0b1017",
        "on2": "#0b1017",
        "on3": "#0b1017",
    },
}
MOST_SERIES = 4
DASHES = ("", "6 3", "2 3", "9 3 2 3")  # a second way to tell lines apart
UNDRAWABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]+"
)


def escape(text: str) -> str:
    """Text of anybody, as it may stand in an element or an attribute."""
    return html.escape(UNDRAWABLE.sub(" ", text), quote=True)


def width(text: str, size: float) -> float:
    """About how wide a text is, in pixels; rather too wide than too narrow."""
    return sum(1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.58 for letter in text) * size


def shortened(text: str, room: float, size: float) -> str:
    """The text, or as much of its beginning as there is room for."""
    if width(text, size) <= room:
        return text
    while text and width(text + "…", size) > room:
        text = text[:-1]
    return text.rstrip() + "…"


def element(name: str, content: str = "", /, **attributes: str | float) -> str:
    """One element; `content` is SVG already. `class_` and `stroke_width` stand for `class` and `stroke-width`."""
    parts = [name]
    for key, value in attributes.items():
        shown = f"{value:.1f}".removesuffix(".0") if isinstance(value, float | int) else value
        parts.append(f'{key.strip("_").replace("_", "-")}="{escape(shown)}"')
    opened = " ".join(parts)
    return f"<{opened}>{content}</{name}>" if content else f"<{opened}/>"


def text(x: float, y: float, words: str, kind: str = "text", size: int = 12, anchor: str = "start") -> str:
    """A line of text; kind: `text`, `muted` or the name of a colour."""
    return element("text", escape(words), x=x, y=y, class_=f"{kind} size{size}", text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "grid") -> str:
    """A thin straight line."""
    return element("path", d=f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}", class_=f"line-{kind}")


def rect(x: float, y: float, wide: float, high: float, kind: str, hover: str = "") -> str:
    """A filled box; hover: what a pointer on it is told."""
    title = element("title", escape(hover)) if hover else ""
    return element("rect", title, x=x, y=y, width=max(wide, 0.0), height=max(high, 0.0), class_=kind)


def dot(x: float, y: float, kind: str, hover: str = "") -> str:
    """A point of a line; hover: what a pointer on it is told."""
    title = element("title", escape(hover)) if hover else ""
    return element("circle", title, cx=x, cy=y, r=3.0, class_=kind)


def path(places: list[tuple[float, float]], kind: str, dash: str = "") -> str:
    """A line through places."""
    drawn = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    extra = {"stroke_dasharray": dash} if dash else {}
    return element("path", d=drawn, class_=f"line-{kind}", **extra)


def document(title: str, description: str, height: float, body: list[str], theme: Theme) -> str:
    """A whole picture with its title, at the width of a chat."""
    head = [rect(0, 0, WIDTH, height, "ground"), text(16, 26, shortened(title, WIDTH - 32, 15), "text", 15)]
    return frame(title, description, (WIDTH, height), head + body, theme)


def frame(title: str, description: str, size: tuple[float, float], body: list[str], theme: Theme) -> str:
    """The SVG around a body, with what a screen reader reads; `auto` follows the reader's light or dark."""
    head = [element("title", escape(title)), element("desc", escape(description)), element("style", _rules(theme))]
    # No element has an id, so that many pictures can stand in one page.
    return element(
        "svg",
        "".join(head + body),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {size[0]:.0f} {size[1]:.0f}",
        width=float(size[0]),
        height=float(size[1]),
        class_=f"picture-{theme}",
        role="img",
        aria_label=title,
        style="max-width:100%;height:auto",
    )


def _rules(theme: Theme) -> str:
    if theme != "auto":
        return _coloured(theme, theme)
    return f"{_coloured('auto', 'light')}@media (prefers-color-scheme:dark){{{_coloured('auto', 'dark')}}}"


def _coloured(theme: Theme, scheme: Theme) -> str:
    within = f".picture-{theme}"
    rules = [f"{within} text{{font-family:{FONT}}}"]
    rules += [f"{within} .size{size}{{font-size:{size}px}}" for size in (11, 12, 15)]
    rules += [f"{within} .{name}{{fill:{colour}}}" for name, colour in COLOURS[scheme].items()]
    for name, colour in COLOURS[scheme].items():
        if name in ("grid", "muted", "text") or name.startswith("series"):
            thick = 2.2 if name.startswith("series") else 1.4 if name == "muted" else 1
            joints = "stroke-linejoin:round;stroke-linecap:round"
            rules.append(f"{within} .line-{name}{{fill:none;stroke:{colour};stroke-width:{thick};{joints}}}")
    return "".join(rules)
