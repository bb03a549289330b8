"""SVG as text: a few words of it, everything escaped, positions rounded so that a picture stays small."""
from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr


def number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def attributes(given: dict[str, object]) -> str:
    parts = []
    for name, value in given.items():
        if value is None:
            continue
        text = number(value) if isinstance(value, float) else str(value)
        parts.append(f" {name.rstrip('_').replace('_', '-')}={quoteattr(text)}")
    return "".join(parts)


def element(tag: str, content: str = "", /, **given: object) -> str:
    return f"<{tag}{attributes(given)}>{content}</{tag}>" if content else f"<{tag}{attributes(given)}/>"


def text(x: float, y: float, words: str, **given: object) -> str:
    return element("text", escape(words), x=float(x), y=float(y), **given)


def rect(x: float, y: float, width: float, height: float, fill: str, hint: str = "", **given: object) -> str:
    title = f"<title>{escape(hint)}</title>" if hint else ""
    return element(
        "rect", title, x=float(x), y=float(y), width=float(max(width, 0.4)), height=float(height), fill=fill, **given
    )


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, **given: object) -> str:
    return element("line", x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2), stroke=stroke, **given)


def document(width: float, height: float, content: list[str], label: str) -> str:
    return element(
        "svg",
        "".join(content),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=number(width),
        height=number(height),
        role="img",
        aria_label=label,
        font_family="Inter, 'Segoe UI', system-ui, 'DejaVu Sans', sans-serif",
    )
