"""How the names of styles look: with colours, and without (``NO_COLOR``, monochrome terminals). Data only."""

from __future__ import annotations

COLORED = {
    "title": "bg:#444444 #dddddd",
    "title.focus": "bg:#005f87 #ffffff bold",
    "headline": "bg:#303030 #ffffff",
    "headline.busy": "bg:#875f00 #ffffff",
    "hint": "ansibrightblack",
    "border": "ansibrightblack",
    "number": "ansibrightblack",
    "dim": "ansibrightblack",
    "current": "ansigreen bold",
    "current.line": "bold",
    "cursor": "bg:#444444 #eeeeee",
    "breakpoint": "ansired bold",
    "breakpoint.off": "ansired",
    "name": "ansicyan",
    "changed": "ansiyellow bold",
    "prompt": "bold",
}
PLAIN = {
    "title": "underline",
    "title.focus": "reverse bold",
    "headline": "reverse",
    "headline.busy": "reverse bold",
    "current": "bold",
    "current.line": "bold",
    "cursor": "reverse",
    "breakpoint": "bold",
    "changed": "bold",
    "prompt": "bold",
}
"""Only attributes; the rest is told by signs (``=>``, ``*``, ``o``, ``!``)."""
