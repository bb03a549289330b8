"""Colours and words of the picture: one place, so that the legend can't differ from what is drawn."""
from __future__ import annotations

INK, SOFT, FAINT, GRID, PAPER = "#1c2733", "#5b6b7b", "#9aa7b3", "#e6ebf0", "#ffffff"
LOST = "#c2002f"

# What a process is, as observers saw it: (fill, words).
STATES: dict[str, tuple[str, str]] = {
    "master": ("#14795a", "master, may write"),
    "waiting": ("#e3a72f", "master without a lease: writes wait"),
    "replica": ("#a9c4de", "replica in touch with its master"),
    "apart": ("url(#apart)", "replica without its master"),
    "paused": ("url(#paused)", "stopped (SIGSTOP)"),
    "loading": ("#f0b48a", "loading, refuses reads"),
    "silent": ("url(#silent)", "no answer"),
    "dead": ("none", "not running"),
    "watching": ("#cfd8e1", "sentinel: all is well"),
    "sees-down": ("#e9a08f", "sentinel: sees the master down"),
    "leading": ("#b4472f", "sentinel: carries out a failover"),
}
# Of requests.
FAST, LATE, REFUSED, OPEN = "#79c3a0", "#e3a72f", "#d75a4a", "#8d6fc4"
LATE_MS = 100
WAITING = "#faeccb"
OUTCOMES = [
    (WAITING, "share of clients that wait for an answer"),
    (FAST, f"acknowledged within {LATE_MS} ms"),
    (LATE, "acknowledged late"),
    (REFUSED, "refused, not done"),
    (OPEN, "no answer: unknown"),
    (LOST, "acknowledged, and lost in the end"),
]
# Of faults, by what they touch.
FAULTS = {"process": "#b8433a", "network": "#2f6db3", "disk": "#8b6133", "clock": "#7a52a8", "plan": "#4f7d78"}
KINDS = {
    "crash": "process",
    "host-dies": "process",
    "stop": "process",
    "pause": "process",
    "isolate": "network",
    "partition": "network",
    "one-way": "network",
    "bridge": "network",
    "slow-network": "network",
    "clock": "clock",
    "fill-disk": "disk",
    "slow-disk": "disk",
    "wipe": "disk",
    "wipe-running": "disk",
    "rolling-restart": "plan",
    "hand-over": "plan",
}

PATTERNS = "".join(
    f'<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="6" height="6" fill="{back}"/><rect width="{width}" height="6" fill="{front}"/></pattern>'
    for name, back, front, width in (
        ("apart", "#eef3f8", "#a9c4de", 2),
        ("paused", "#efe9f7", "#a98fd0", 2.5),
        ("silent", "#f6f7f8", "#d3d9df", 2),
    )
)
DEFINITIONS = f"<defs>{PATTERNS}</defs>"


def fault_colour(kind: str) -> str:
    return FAULTS[KINDS.get(kind, "process")]
