// The wall: what changes is fetched again when facts arrive, at most once a second, and put in place softly.
// Keys of a keyboard or a remote: arrows walk the ranked strip, Enter opens (it is a link), Backspace goes up.
const EVERY = 1000, QUIET = 60000, PATIENCE = 10000;
let waiting = 0, asked = 0, busy = false, again = false;

function sync() {
  for (const row of document.querySelectorAll('[data-strip] [data-code]')) {
    const code = CSS.escape(row.dataset.code);
    const shape = document.querySelector(`[data-shape="${code}"]`);
    if (shape) {
      const kept = ['here', 'picked'].filter((name) => shape.classList.contains(name));
      const step = Number(row.dataset.step);
      shape.setAttribute('class', [step ? `d${step}` : row.dataset.counted === '1' ? 'still' : 'none', ...kept].join(' '));
    }
    const value = document.querySelector(`[data-v="${code}"]`);
    const said = row.querySelector('b').textContent;
    if (value && value.textContent !== said) value.textContent = said;
    const rank = document.querySelector(`text[data-rank="${code}"]`);
    if (rank) rank.textContent = row.dataset.rank;
  }
}

function put(part) {
  const old = document.querySelector(`.q-stage [data-part="${CSS.escape(part.dataset.part)}"]`);
  if (!old || old.outerHTML === part.outerHTML) return;
  const said = new Map([...old.querySelectorAll('[data-n]')].map((n) => [n.dataset.n, n.textContent]));
  const cases = new Set([...old.querySelectorAll('[data-case]')].map((n) => n.dataset.case));
  const focus = old.contains(document.activeElement) ? document.activeElement.dataset.code ?? document.activeElement.getAttribute('href') : null;
  const scrolled = old.querySelector('[data-strip]')?.scrollTop;
  old.replaceWith(part);
  for (const n of part.querySelectorAll('[data-n]')) {
    if (said.has(n.dataset.n) && said.get(n.dataset.n) !== n.textContent) n.classList.add('is-changed');
  }
  if (cases.size) for (const row of part.querySelectorAll('[data-case]')) if (!cases.has(row.dataset.case)) row.classList.add('is-new');
  if (scrolled) part.querySelector('[data-strip]').scrollTop = scrolled;
  if (focus) part.querySelector(`[data-code="${CSS.escape(focus)}"], [href="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
}

async function refresh() {
  waiting = 0;
  if (busy) { again = true; return; }
  busy = true;
  asked = Date.now();
  try {
    const answer = await fetch(`${document.body.dataset.wall}?part=now`, { headers: { Accept: 'text/html' }, signal: AbortSignal.timeout(PATIENCE) });
    if (answer.redirected || answer.status === 403) { window.location.reload(); return; }
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const part of fresh.querySelectorAll('[data-part]')) put(document.importNode(part, true));
    sync();
  } catch (error) {
    if (!['TypeError', 'AbortError', 'TimeoutError'].includes(error.name)) throw error; // the line: live.js says so
  } finally {
    busy = false;
    if (again) { again = false; later(); }
  }
}

function later() {
  if (!waiting) waiting = setTimeout(refresh, Math.max(0, asked + EVERY - Date.now()));
}

document.addEventListener('q:fact', later);
document.addEventListener('q:changed', later); // live.js: the server left some out
setInterval(later, QUIET);
document.addEventListener('visibilitychange', () => document.hidden || later());

function pick(code) {
  for (const shape of document.querySelectorAll('[data-shape].picked')) shape.classList.remove('picked');
  const shape = code && document.querySelector(`[data-shape="${CSS.escape(code)}"]`);
  if (!shape) return;
  shape.classList.add('picked');
  const whole = shape.parentElement.localName === 'a' ? shape.parentElement : shape;
  whole.parentElement.append(whole); // its outline lies above its neighbours'
}
document.addEventListener('focusin', (event) => pick(event.target.dataset?.code));
document.addEventListener('focusout', () => pick(null));
document.addEventListener('pointerover', (event) => {
  const code = event.target.dataset?.shape ?? event.target.closest?.('[data-strip] [data-code]')?.dataset.code;
  if (code) pick(code);
});

const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key in STEPS) {
    const rows = [...document.querySelectorAll('[data-strip] a[data-code]')];
    if (!rows.length) return;
    event.preventDefault();
    const at = rows.indexOf(document.activeElement);
    const by = STEPS[event.key];
    rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : (at + by + rows.length) % rows.length].focus();
  } else if (['Backspace', 'BrowserBack', 'GoBack', 'Escape'].includes(event.key) && document.body.dataset.up) {
    event.preventDefault();
    window.location.assign(document.body.dataset.up);
  }
});
