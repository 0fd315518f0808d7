"""What may be typed: cleaned, never silently cut."""

import re
import unicodedata

from quanlin.kit.errors import Refused

CHANNELS: dict[str, str] = {
    "page": "居民上报",
    "qr": "扫码上报",
    "api": "接口转入",
    "desk": "代为登记",
    "phone": "来电登记",
    "import": "历史导入",
    "device": "告警转入",
    "exchange": "平台转入",
    "simulation": "演示",
}
"""How a case came in."""

LONGEST_WORDS = 5000
LONGEST_TITLE = 80

# Control and format characters that carry no content (a pasted NUL, a direction override) but not newline and tab.
_EMPTY = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
_SENTENCE_END = re.compile(r"[。！？!?\n；;]")
_GREETING = re.compile(
    r"^(尊敬的|敬爱的)?[^，。,：:]{0,12}(领导|书记|市长|您好|你好)[^，。,：:]{0,6}[，。,：:！!]\s*"
)


def clean(text: str, *, field: str, longest: int, what: str, required: bool = True) -> str:
    """Normalised text. Raises Refused naming the field when it is empty, or longer than ``longest`` characters."""
    cleaned = _EMPTY.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n"))).strip()
    if required and not cleaned:
        raise Refused("empty", f"{what}还没写。写一句话就行。", field=field)
    if len(cleaned) > longest:
        raise Refused(
            "too_long",
            f"{what}最多 {longest} 个字，这里有 {len(cleaned)} 个。请分成两件事，或把长的内容放进附件。",
            field=field,
            extra={"longest": longest, "length": len(cleaned)},
        )
    return cleaned


def title_from(words: str) -> str:
    """A title of at most 40 characters: the first sentence without its greeting."""
    body = _GREETING.sub("", words.strip()) or words.strip()
    first = next((part.strip() for part in _SENTENCE_END.split(body) if part.strip()), body)
    first = " ".join(first.split())
    return first if len(first) <= 40 else first[:39] + "…"
