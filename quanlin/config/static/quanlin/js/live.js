// One stream of facts for the page. What arrives never moves what a person is reading.
//   <body data-live="/api/v1/live">            opens the stream
//   data-live-case="NUMBER" hx-trigger="q:changed"  is fetched again when that case changes
//   data-live-new="cases.reported" data-live-row="/desk/cases/{case}/row"  a list: new rows slide in or wait in a bar
//   data-live-any="cases."  hx-trigger="q:changed"  a figure: fetched again, at most every 2 s
//   data-live-state  appears when the line is cut
// An event's data is JSON: {"name": "cases.dispatched", "case": "261123004768", …}; its id is the fact's id.
const WAIT = [1, 2, 5, 10, 20, 30];
let stream, lastId = '', tries = 0, cutAt = 0, cutTimer;
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

function offer(list) {
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
  bar.textContent = `有 ${waiting.length} 条新的，点这里看`;
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
  if (fact.case) {
    for (const row of document.querySelectorAll(`[data-live-case="${CSS.escape(fact.case)}"]`)) {
      if (row.contains(document.activeElement) && document.activeElement.matches('input, textarea, select')) continue;
      window.htmx.trigger(row, 'q:changed');
    }
  }
  for (const list of document.querySelectorAll('[data-live-new]')) {
    if (fact.case && list.dataset.liveNew.split(' ').includes(fact.name)) arrive(list, fact.case);
  }
  for (const figure of document.querySelectorAll('[data-live-any]')) {
    if (figure.dataset.liveAny.split(' ').some((start) => fact.name.startsWith(start))) later(figure);
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
  if (lastId) address.searchParams.set('last_event_id', lastId);
  stream = new EventSource(address);
  const heard = (event) => {
    if (event.lastEventId) lastId = event.lastEventId;
    try { take(JSON.parse(event.data)); } catch (error) { if (!(error instanceof SyntaxError)) throw error; }
  };
  stream.onopen = () => mark(false);
  stream.onmessage = heard;
  stream.addEventListener('fact', heard);
  // The server says that the session has ended: nothing more will come here.
  stream.addEventListener('bye', () => { stream.close(); mark(true); });
  stream.onerror = () => {
    mark(true);
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
// After settling, for htmx then writes the attributes of the fetched row over those of the row that it replaced.
document.addEventListener('htmx:afterSettle', (event) => {
  if (event.target.dataset?.liveCase && event.detail.requestConfig?.triggeringEvent?.type === 'q:changed') {
    event.target.classList.add('is-changed');
  }
});
