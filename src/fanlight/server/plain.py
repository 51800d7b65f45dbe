"""The few pages that stand outside the web interface: a spent link, the door after a good one, a missing build.

They carry their style in themselves, since the interface and its files may not be there.
"""

from __future__ import annotations

import secrets

from fastapi.responses import HTMLResponse

__all__ = ["plain_page"]

_STYLE = """
:root { color-scheme: light dark }
body { margin: 0; background: light-dark(#F6F5F1, #131519); color: light-dark(#454850, #BEC0C4);
  font: 15px/23px Inter, system-ui, sans-serif }
main { max-width: 560px; margin: 18vh auto 0; padding: 24px }
img { width: 56px; display: block; margin-bottom: 16px }
h1 { font-size: 20px; line-height: 28px; font-weight: 650; margin: 0 0 8px; color: light-dark(#1B1D22, #ECEBE6) }
p { margin: 0 }
a { color: light-dark(#0A626D, #6CC7CD) }
code { font: 13px/19px "JetBrains Mono", ui-monospace, monospace; background: light-dark(#EFEDE7, #0F1114);
  padding: 2px 6px; border-radius: 3px }
"""


def plain_page(title: str, body: str, *, status: int = 200, onward: str | None = None) -> HTMLResponse:
    """A page of one fact and one next step; `body` is HTML of our own. With `onward` it goes on there by itself."""
    nonce = secrets.token_urlsafe(16)
    refresh = f'<meta http-equiv="refresh" content="0; url={onward}">' if onward else ""
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} – Fanlight</title>{refresh}'
        f'<meta name="viewport" content="width=device-width"><style nonce="{nonce}">{_STYLE}</style></head>'
        f'<body><main><img src="/favicon.svg" alt=""><h1>{title}</h1><p>{body}</p></main></body></html>'
    )
    policy = (
        f"default-src 'self'; script-src 'none'; style-src 'nonce-{nonce}'; img-src 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    )
    return HTMLResponse(page, status_code=status, headers={"Content-Security-Policy": policy})
