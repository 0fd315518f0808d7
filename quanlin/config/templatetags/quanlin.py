"""Tags and filters that every page may use; the words themselves are made in quanlin.config.wording.

They answer ready HTML instead of including templates, since a list calls them a hundred times.
"""

from datetime import date, datetime
from functools import cache
from math import floor

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from quanlin.config import axis as axes
from quanlin.config import wording
from quanlin.kit import clock

register = template.Library()

register.filter("case_number", wording.case_number)
register.filter("thousands", wording.thousands)
register.filter("about", wording.about)
register.filter("percent", wording.percent)
register.filter("span_words", wording.span_words)
register.filter("hours_words", wording.hours_words)
register.filter("middle_cut", wording.middle_cut)


@cache
def _symbol(name: str, css: str) -> SafeString:
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', css, static("quanlin/icons.svg"), name
    )


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A line icon of the sprite; ``css`` adds classes: is-s 16 px, is-m 18, is-l 26."""
    return _symbol(name, f"q-icon {css}".strip())


@register.simple_tag
def mark(css: str = "") -> SafeString:
    """The sign of the house; ``is-bare`` leaves the field away."""
    return _symbol("mark", f"q-mark {css}".strip())


@register.simple_tag
def state_chip(code: str, css: str = "") -> SafeString:
    """Glyph and word of a state; ``is-l`` large, ``is-bare`` without the field (filters)."""
    said = wording.state_words(code)
    return format_html(
        '<span class="q-state s-{}{}">{}{}</span>',
        said.role,
        f" {css}" if css else "",
        _symbol(said.glyph, "g"),
        said.word,
    )


def _picture(inside: str) -> SafeString:
    return mark_safe(f'<svg viewBox="0 0 16 16" aria-hidden="true">{inside}</svg>')  # noqa: S308 (our own constants)


RING = _picture(
    '<circle class="t" cx="8" cy="8" r="6"/><circle class="u" cx="8" cy="8" r="6" pathLength="100" '
    'stroke-dasharray="%d 100" transform="rotate(-90 8 8)"/>'
)
OVER = _picture('<circle class="d" cx="8" cy="8" r="7"/><path d="M8 4v4.6M8 11.4v.4"/>')
PAUSED = _picture('<circle cx="8" cy="8" r="6.6"/><path d="M6.3 5.6v4.8M9.7 5.6v4.8"/>')
DONE = _picture('<path d="M3.2 8.6l3 3 6.6-7"/>')


@register.simple_tag
def due_clock(
    due_at: datetime | None,
    allowed_minutes: int | None,
    left_minutes: float | None,
    paused: datetime | bool | None = None,
    done_early_minutes: float | None = None,
    audience: str = "staff",
    css: str = "",
    day: int = wording.WORKDAY,
) -> SafeString:
    """Ring and words. ``js/clock.js`` re-reads ``data-due``; without it the words are true at load."""
    now = clock.now()
    said = wording.due_words(
        now=now,
        due_at=due_at,
        allowed_minutes=allowed_minutes,
        left_minutes=left_minutes,
        paused=paused,
        early_minutes=done_early_minutes,
        audience=audience,
        day=day,
    )
    if said.level == "none":
        return SafeString("")
    if said.level in ("ok", "soon"):
        picture = SafeString(RING % said.used)
    else:
        picture = {"over": OVER, "late": OVER, "paused": PAUSED, "done": DONE}[said.level]
    live = SafeString("")
    if said.level in ("ok", "soon", "over") and due_at is not None and audience == "staff":
        live = format_html(
            ' data-due="{}" data-left="{}" data-allowed="{}" data-read="{}" data-day="{}"',
            due_at.isoformat(),
            floor(left_minutes),
            allowed_minutes or 0,
            int(now.timestamp()),
            day,
        )
    return format_html(
        '<span class="q-due is-{}{}"{} title="{}">{}<span class="w" aria-hidden="true">{}</span>'
        '<span class="q-ear">{}</span></span>',
        said.level,
        f" {css}" if css else "",
        live,
        wording.full_when(due_at) if due_at else "",
        picture,
        said.words,
        said.spoken,
    )


@register.simple_tag
def due(case, audience: str = "staff", css: str = "") -> SafeString:
    """The clock of a CaseRow."""
    return due_clock(
        case.due_at,
        case.allowed_minutes,
        case.left_minutes,
        case.paused_until or case.state == "on_hold",
        case.early_minutes if case.closed_at else None,
        audience,
        css,
        24 * 60 if getattr(case, "round_the_clock", False) else wording.WORKDAY,
    )


@register.simple_tag
def due_of(case, audience: str = "resident") -> wording.DueWords:
    """The parts of a CaseRow's clock: ``{% due_of case as promise %}``."""
    return wording.due_words(
        now=clock.now(),
        due_at=case.due_at,
        allowed_minutes=case.allowed_minutes,
        left_minutes=case.left_minutes,
        paused=case.paused_until or case.state == "on_hold",
        early_minutes=case.early_minutes if case.closed_at else None,
        audience=audience,
    )


@register.simple_tag
def when(moment: datetime | None, css: str = "") -> SafeString:
    """``<time>`` with the short words; the whole time on hover."""
    if moment is None:
        return SafeString("—")
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        moment.isoformat(timespec="seconds"),
        wording.full_when(moment),
        format_html(' class="{}"', css) if css else "",
        wording.when_words(moment, clock.now()),
    )


@register.filter
def when_words(moment: datetime | None) -> str:
    """9:20, 昨 16:20, 11-23 8:36, 2025-11-23; — when unknown."""
    return "—" if moment is None else wording.when_words(moment, clock.now())


@register.filter
def full_when(moment: datetime | None) -> str:
    """2026年11月24日 星期二 09:20."""
    return "—" if moment is None else wording.full_when(moment)


@register.filter
def promise_words(moment: datetime | None) -> str:
    """今天 16:55 前."""
    return "" if moment is None else wording.promise_words(moment, clock.now())


@register.filter
def day_words(day: date) -> str:
    """今天, 昨天, 11月24日."""
    return wording.day_words(day, clock.now().astimezone(wording.ZONE).date())


@register.filter
def state_word(code: str) -> str:
    """处置中."""
    return wording.state_words(code).word


@register.simple_tag
def greeting() -> str:
    """早上好."""
    return wording.greeting(clock.now())


@register.simple_tag
def now() -> datetime:
    """The present moment, which a simulation may have set."""
    return clock.now()


@register.simple_tag
def lay_axis(holdings, windows, due_at=None) -> axes.Axis:
    """Bars of the responsibility axis: ``{% lay_axis holdings windows case.due_at as axis %}``."""
    return axes.lay_axis(holdings, windows, clock.now(), due_at)


@register.simple_tag
def meter(part: float, whole: float, css: str = "", words: str = "") -> SafeString:
    """A bar filled to part / whole, in SVG because the security policy allows no style attributes."""
    share = 0 if not whole else max(0.0, min(100.0, part * 100 / whole))
    return format_html(
        '<svg class="q-meter{}" role="img" aria-label="{}"><rect width="{}%" height="100%"/></svg>',
        f" {css}" if css else "",
        words or f"{share:.0f}%",
        f"{share:.1f}",
    )
