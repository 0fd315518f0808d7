"""What can be said about how a page looks, by looking at it in the browser. Each function answers a list of complaints."""

import json
from pathlib import Path

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"

CONTRAST = """
() => {
  const parse = (text) => {
    const m = text.match(/rgba?\\(([^)]+)\\)/);
    if (m) { const p = m[1].split(/[ ,/]+/).filter(Boolean).map(parseFloat); return [p[0], p[1], p[2], p[3] ?? 1]; }
    const c = text.match(/color\\(srgb ([^)]+)\\)/);
    if (c) { const p = c[1].split(/[ /]+/).map(parseFloat); return [p[0] * 255, p[1] * 255, p[2] * 255, p[3] ?? 1]; }
    return [0, 0, 0, 0];
  };
  const over = (top, under) => {
    const a = top[3] + under[3] * (1 - top[3]);
    if (!a) return [255, 255, 255, 0];
    return [0, 1, 2].map((i) => (top[i] * top[3] + under[i] * under[3] * (1 - top[3])) / a).concat(a);
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    let seen = [0, 0, 0, 0];
    for (let e = element; e && seen[3] < 0.999; e = e.parentElement) {
      seen = over(seen, parse(getComputedStyle(e).backgroundColor));
    }
    return over(seen, [255, 255, 255, 1]);
  };
  const complaints = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    const element = node.parentElement;
    if (!node.textContent.trim() || element.closest('script, style, template, noscript, .q-ear, [hidden], option')) continue;
    const style = getComputedStyle(element);
    if (style.visibility !== 'visible' || style.display === 'none' || !element.getClientRects().length) continue;
    const inSvg = element.closest('svg') !== null;
    const under = ground(inSvg ? element.closest('svg').parentElement : element);
    if (inSvg && element.classList.contains('nowword')) continue;
    let opacity = 1;
    for (let e = element; e; e = e.parentElement) opacity *= parseFloat(getComputedStyle(e).opacity);
    const ink = parse(inSvg ? style.fill : style.color);
    const shown = over([ink[0], ink[1], ink[2], ink[3] * opacity], under);
    const [a, b] = [light(shown), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700) ? 3 : 4.5;
    if (ratio < needed - 0.005) {
      const name = element.className?.baseVal ?? element.className;
      complaints.push(`${ratio.toFixed(2)}:1 (needs ${needed}) “${node.textContent.trim().slice(0, 24)}” .${name}`);
    }
  }
  return [...new Set(complaints)];
}
"""

TARGETS = """
(least) => {
  const complaints = [];
  const pressed = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]';
  for (const element of document.querySelectorAll(pressed)) {
    if (element.closest('[hidden], template, noscript') || element.disabled) continue;
    const style = getComputedStyle(element);
    if (style.visibility !== 'visible' || style.display === 'none') continue;
    const box = element.closest('label')?.getBoundingClientRect() ?? element.getBoundingClientRect();
    if (!box.width || !box.height || element.classList.contains('q-skip')) continue;
    let { width, height } = box;
    const after = getComputedStyle(element, '::after');
    if (after.content !== 'none' && after.position === 'absolute' && style.position === 'static') {
      ({ width, height } = element.offsetParent.getBoundingClientRect());
    } else if (after.content !== 'none' && after.position === 'absolute') {
      height -= parseFloat(after.top || 0) + parseFloat(after.bottom || 0);
      width -= parseFloat(after.left || 0) + parseFloat(after.right || 0);
    }
    // A link inside a sentence is as high as its line; that is allowed (WCAG 2.5.8, inline).
    const inSentence = style.display === 'inline' && element.parentElement.textContent.trim() !== element.textContent.trim();
    if (!inSentence && (height < least - 0.5 || width < Math.min(least, 24) - 0.5)) {
      const name = element.textContent.trim() || element.getAttribute('aria-label') || element.name || '';
      complaints.push(`${Math.round(width)}×${Math.round(height)} < ${least} “${name.slice(0, 20)}” .${element.className}`);
    }
  }
  return [...new Set(complaints)];
}
"""

INLINE = """
() => [...document.querySelectorAll('[style]')].filter((e) => !e.closest('.q-stage') || e.getAttribute('style').includes('expression'))
    .map((e) => `style on <${e.tagName.toLowerCase()} class="${e.className}">`)
  .concat([...document.querySelectorAll('script:not([src]):not([type="application/json"])')].map(() => 'inline <script>'))
  .concat([...document.querySelectorAll('style')].map(() => 'inline <style>'))
  .concat([...document.querySelectorAll('*')].flatMap((e) => [...e.attributes].filter((a) => /^on|^hx-on/.test(a.name)).map((a) => `${a.name} on <${e.tagName.toLowerCase()}>`)))
"""  # noqa: E501

SPILL = """
() => document.documentElement.scrollWidth > window.innerWidth + 1
  ? [`the page is ${document.documentElement.scrollWidth} wide in a window of ${window.innerWidth}: ` + [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1 && getComputedStyle(e).position !== 'fixed').slice(0, 3).map((e) => e.className?.baseVal ?? e.className).join(' | ')]
  : []
"""  # noqa: E501


def contrast_failures(page) -> list[str]:
    """Every text that is below WCAG AA on its own ground: 4.5:1, large text 3:1."""
    page.evaluate(
        "() => document.getAnimations().forEach((a) => a.finish())"
    )  # what slides in is read when it stands
    return page.evaluate(CONTRAST)


def small_targets(page, least: int = 24) -> list[str]:
    """Things to press that are lower than ``least`` CSS pixels (24 at the desk, 44 for residents, 60 for elders)."""
    return page.evaluate(TARGETS, least)


def inline_style_or_script(page) -> list[str]:
    """What the security policy would refuse in the page as it stands; the wall's stage may be scaled by script."""
    return page.evaluate(INLINE)


def sideways_scroll(page) -> list[str]:
    """A page never scrolls sideways as a whole."""
    return page.evaluate(SPILL)


def small_text(page, least: float) -> list[str]:
    """Texts smaller than ``least`` pixels: 12 everywhere, 18 for elders, 20 on the wall."""
    return page.evaluate(
        """(least) => { const found = new Set(); const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) { const e = walk.currentNode.parentElement; if (!walk.currentNode.textContent.trim()
          || e.closest('script, style, template, noscript, .q-ear, [hidden], .q-skip') || !e.getClientRects().length) continue;
          // What stands in a drawing of metres is as large as it is drawn; names on a map are not read by the ear.
          const map = e.closest('svg[viewBox]'); if (map?.closest('[aria-hidden="true"]')) continue;
          const size = parseFloat(getComputedStyle(e).fontSize);
          if (size < least - 0.1) found.add(`${size}px “${walk.currentNode.textContent.trim().slice(0, 20)}” .${e.className}`); }
        return [...found]; }""",
        least,
    )


def axe_violations(page, impacts: tuple[str, ...] = ("serious", "critical")) -> list[str]:
    """What axe-core finds of the given impacts, one line for each kind with the first places."""
    cdp = page.context.new_cdp_session(page)
    # Evaluated by the debugger, not inserted as an element: the page's own security policy stays as it is.
    cdp.send("Runtime.evaluate", {"expression": AXE.read_text()})
    answer = cdp.send(
        "Runtime.evaluate",
        {"expression": "axe.run(document, {resultTypes: ['violations']}).then((r) => JSON.stringify(r.violations))",
         "awaitPromise": True, "returnByValue": True},
    )  # fmt: skip
    return [
        f"{found['impact']} {found['id']}: {found['help']} — "
        + "; ".join(f"{node['target'][0]} ({node['html'][:90]})" for node in found["nodes"][:3])
        for found in json.loads(answer["result"]["value"])
        if found["impact"] in impacts
    ]
