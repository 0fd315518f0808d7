"""Where a request comes from and where it may be sent on to. Pure."""

from urllib.parse import urlsplit

_NEAR = ("", "127.0.0.1", "::1")


def local_path(text: str | None, *, otherwise: str) -> str:
    """``text`` when it is a path of this site, else ``otherwise``: a link must not lead people elsewhere.

    Browsers read a backslash as a slash and drop tabs and line ends, so such texts are not taken.
    """
    text = text or ""
    if not text.startswith("/") or text.startswith("//") or "\\" in text or any(ord(c) < 0x21 for c in text):
        return otherwise
    parts = urlsplit(text)
    return otherwise if parts.scheme or parts.netloc else text


def source_of(*, remote: str, forwarded: str) -> str:
    """The address that asks: of a connection from our own front door, what the door says (X-Forwarded-For, last).

    Whoever connects from elsewhere may write what he likes into that header, so it is not read then.
    """
    if remote in _NEAR and forwarded:
        return forwarded.rsplit(",", 1)[-1].strip()
    return remote or "local"
