// One stream of facts for the page. What arrives never moves what a person is reading.
//   <body data-live="/api/v1/live">            opens the stream
//   data-live-case="NUMBER" hx-trigger="q:changed"  is fetched again when that case changes
//   data-live-new="cases.reported" data-live-row="/desk/cases/{case}/row"  a list: new rows slide in or wait in a bar
//   data-live-any="cases."  hx-trigger="q:changed"  a figure: fetched again, at most every 2 s
//   data-live-state  appears when the line is cut
// Event fact: {"fact": "cases.assigned", "subject": "case", "number": "261123004768", …}, its id is the fact's index;
// behind: some were left out; broken and mended: the line behind the server; over: the session ended, or come back.
const WAIT = [1, 2, 5, 10, 20, 30];
let stream, lastId = '', tries = 0, cutAt = 0, cutTimer, missed = false;
const due = new Map();

function inUse(list) {
  const box = list.closest('.rows') ?? list;
  const scrolled = box.scrollTop > 4 || (box === list && window.scrollY > 40 && list.getBoundingClientRect().top < 0);
  const typing = list.contains(document.activeElement) && document.activeElement.matches('input, textarea, select');
  const selecting = !window.getSelection()?.isCollapsed && list.contains(window.getSelection().anchorNode);
  return scrolled || typing || selecting || document.querySelector('dialog[open]') !== null;
}

async function insert(list, number) {
  if (document.getElementById(`case-${number}`)) return;
  const spot = list.querySelector('[data-live-top]') ?? list;
  const before = new Set(spot.children);
  await window.htmx.ajax('GET', list.dataset.liveRow.replace('{case}', encodeURIComponent(number)), { target: spot, swap: 'afterbegin' });
  for (const row of spot.children) if (!before.has(row)) row.classList.add('is-new');
  const most = Number(list.dataset.liveMost || 0);
  while (most && spot.children.length > most) spot.lastElementChild.remove();
  list.querySelector('[data-live-empty]')?.remove();
}

function offer(list, words = '') {
  const waiting = JSON.parse(list.dataset.waiting || '[]');
  let bar = list.parentElement.querySelector('.q-newbar');
  if (!waiting.length) { bar?.remove(); return; }
  if (!bar) {
    bar = Object.assign(document.createElement('button'), { type: 'button', className: 'q-newbar' });
    bar.setAttribute('aria-live', 'polite');
    bar.addEventListener('click', async () => {
      const numbers = JSON.parse(list.dataset.waiting || '[]');
      list.dataset.waiting = '[]';
      bar.remove();
      (list.closest('.rows') ?? list).scrollTo({ top: 0 });
      if (numbers.length > 20) { window.location.reload(); return; }
      for (const number of numbers) await insert(list, number);
    });
    list.before(bar);
  }
  bar.textContent = words || `有 ${waiting.length} 条新的，点这里看`;
}

function arrive(list, number) {
  if (list.dataset.liveMost || !inUse(list)) { insert(list, number); return; }
  const waiting = new Set(JSON.parse(list.dataset.waiting || '[]'));
  waiting.add(number);
  list.dataset.waiting = JSON.stringify([...waiting]);
  offer(list);
}

function later(element) {
  if (due.has(element)) return;
  due.set(element, setTimeout(() => { due.delete(element); if (element.isConnected) window.htmx.trigger(element, 'q:changed'); }, 2000));
}

export function take(fact) {
  document.dispatchEvent(new CustomEvent('q:fact', { detail: fact }));
  const number = fact.subject === 'case' ? fact.number : '';
  if (number) {
    for (const row of document.querySelectorAll(`[data-live-case="${CSS.escape(number)}"]`)) {
      if (row.contains(document.activeElement) && document.activeElement.matches('input, textarea, select')) continue;
      window.htmx.trigger(row, 'q:changed');
    }
  }
  for (const list of document.querySelectorAll('[data-live-new]')) {
    if (number && list.dataset.liveNew.split(' ').includes(fact.fact)) arrive(list, number);
  }
  for (const figure of document.querySelectorAll('[data-live-any]')) {
    if (figure.dataset.liveAny.split(' ').some((start) => fact.fact.startsWith(start))) later(figure);
  }
}

// The server left facts out: everything that is shown may be old, but the list is not moved under a reader's eyes.
function behind() {
  for (const element of document.querySelectorAll('[data-live-any], [data-live-case]')) later(element);
  for (const list of document.querySelectorAll('[data-live-new]')) {
    if (list.dataset.liveMost) continue;
    list.dataset.waiting = JSON.stringify(Array.from({ length: 21 }, (_, at) => String(at)));
    offer(list, '有新的，点这里看');
  }
}

function mark(cut) {
  clearTimeout(cutTimer);
  if (!cut) { cutAt = 0; tries = 0; }
  for (const place of document.querySelectorAll('[data-live-state]')) {
    if (!cut) { place.hidden = true; continue; }
    cutAt ||= Date.now();
    cutTimer = setTimeout(() => {
      const at = new Date(cutAt).toLocaleTimeString('zh-CN', { hour: 'numeric', minute: '2-digit', timeZone: 'Asia/Shanghai' });
      for (const mine of document.querySelectorAll('[data-live-state]')) {
        mine.querySelector('[data-words]').textContent = `断线，看到的是 ${at} 的`;
        mine.hidden = false;
      }
    }, 4000);
  }
}

function connect() {
  const address = new URL(document.body.dataset.live, window.location.origin);
  if (lastId) address.searchParams.set('last', lastId);
  stream = new EventSource(address);
  const hear = (name, act) => stream.addEventListener(name, (event) => {
    if (event.lastEventId) lastId = event.lastEventId;
    act(JSON.parse(event.data));
  });
  stream.onopen = () => mark(false);
  // A page that could not open its stream at once has missed what happened since it was made: it is told to look anew.
  hear('ready', () => { if (missed) behind(); missed = false; document.body.dataset.liveReady = '1'; });
  hear('fact', take);
  hear('behind', behind);
  hear('broken', () => mark(true));
  hear('mended', () => mark(false));
  // ended: the session, token or grant is gone and nothing more will come here. Else the browser comes back by itself.
  hear('over', ({ reason }) => { mark(true); if (reason === 'ended') stream.close(); });
  stream.onerror = () => {
    mark(true);
    missed ||= !lastId;
    if (stream.readyState !== EventSource.CLOSED) return;
    setTimeout(connect, WAIT[Math.min(tries++, WAIT.length - 1)] * 1000 * (0.75 + Math.random() / 2));
  };
}

export function listen() {
  if (!document.body.dataset.live || !('EventSource' in window)) return;
  connect();
  window.addEventListener('pagehide', () => stream.close());
  window.addEventListener('pageshow', (event) => event.persisted && connect());
}
// A move that was made here: the answer says which case, and what shows it is fetched again without waiting for the stream.
document.addEventListener('q:moved', (event) => {
  for (const shown of document.querySelectorAll(`[data-live-case="${CSS.escape(event.detail.case ?? '')}"]`)) window.htmx.trigger(shown, 'q:changed');
});
// After settling, for htmx then writes the attributes of the fetched row over those of the row that it replaced.
document.addEventListener('htmx:afterSettle', (event) => {
  if (event.target.dataset?.liveCase && event.detail.requestConfig?.triggeringEvent?.type === 'q:changed') {
    event.target.classList.add('is-changed');
  }
});
