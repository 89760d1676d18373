"""The SVG of a figure as it is put into a page or a file: small, the same bytes each time, at home on any page."""

import hashlib
import re
from html import escape

from nnlite.plots.style import INK

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
"""What a file begins with; within a page it does not stand."""

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif"
"""The page's own letters, in effect; Matplotlib measures those of DejaVu Sans, which are wider than most."""

_LEFT_OUT = re.compile(r"<\?xml.*?\?>\s*|<!DOCTYPE.*?>\s*|<metadata>.*?</metadata>\s*|<!--.*?-->\s*", re.DOTALL)
_STYLE = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>\s*", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")  # in text, a bracket is written otherwise
_COUNTED = re.compile(r' id="[A-Za-z.]*[A-Za-z0-9]*_\d+"')
_FONT_SIZE = re.compile(r"font:\s*((?:[a-z]+ |\d+ )*)([\d.]+px)[^;\"]*|font-family:[^;\"]*;?\s*")
_NAMED = re.compile(r'( id="|url\(#|href="#)')


def tidied(written: str, words: str) -> str:
    """What Matplotlib wrote as SVG, fit for a page that has others beside it.

    The ink becomes `currentColor`: the colour of the page's text where CSS says so (`svg {color: inherit}`), and grey
    elsewhere. The names in it, by which its parts refer to each other, are of its content, so that several pictures
    in a page do not share any. What would hold for the whole page is left out.

    Args:
        written: the document of Matplotlib.
        words: what the picture shows, for those who do not see it.
    """
    text = _STYLE.sub("", _LEFT_OUT.sub("", written))
    text = _TAG.sub(_of_tag, text)
    own = hashlib.sha256(text.encode()).hexdigest()[:8]
    text = _TAG.sub(lambda tag: _NAMED.sub(rf"\g<1>n{own}", tag[0]), text)
    label = f' aria-label="{escape(" ".join(words.split()))}"' if words else ""
    root = f'role="img"{label} color="{INK}" font-family="{FONTS}" stroke-linejoin="round" stroke-linecap="butt"'
    return text.replace("<svg ", f"<svg {root} ", 1)


def _of_tag(tag: re.Match[str]) -> str:
    shown = _COUNTED.sub("", tag[0]).replace(INK, "currentColor")
    return _FONT_SIZE.sub(lambda font: f"font-size: {font[2]}" if font[2] else "", shown)
