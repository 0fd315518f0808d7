// Keys at the desk: / search, j k next and previous row, Enter open, Esc close, g + letter go, ? the list.
// Single letters can be switched off (they disturb people who speak to their machine): ? and then the switch.
const OFF = 'q-keys';
let going = 0;

const isOff = () => localStorage.getItem(OFF) === 'off';
const typing = (element) => element?.matches?.('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]');
const rows = () => [...document.querySelectorAll('[data-rows] .q-caserow > a, [data-rows] tr > :is(th, td):first-of-type a')];

function step(by) {
  const all = rows();
  if (!all.length) return;
  let at = all.indexOf(document.activeElement);
  if (at < 0) at = all.findIndex((a) => a.closest('.is-on')) - (by > 0 ? 0 : 1) * (all.some((a) => a.closest('.is-on')) ? 0 : 1);
  const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
}

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === 'Escape' && typing(event.target) && event.target.closest('.q-find')) {
    event.target.blur();
    event.target.closest('.q-bar')?.classList.remove('is-finding');
    return;
  }
  if (typing(event.target) || document.querySelector('dialog[open]')) return;
  if (event.key === 'Escape') { document.querySelector('[data-shut]')?.click(); return; }
  if (isOff() && event.key !== '?') return;
  if (going && Date.now() - going < 1500) {
    going = 0;
    const target = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (target) { event.preventDefault(); target.click(); }
    return;
  }
  if (event.key === '/') {
    const find = document.querySelector('.q-find input');
    if (find) { event.preventDefault(); find.closest('.q-bar')?.classList.add('is-finding'); find.focus(); find.select(); }
  } else if (event.key === 'j') step(1);
  else if (event.key === 'k') step(-1);
  else if (event.key === 'g') going = Date.now();
  else if (event.key === '?') document.querySelector('[data-open="q-keys"]')?.click();
});

document.addEventListener('click', (event) => {
  if (event.target.closest('[data-find]')) {
    document.querySelector('.q-bar')?.classList.add('is-finding');
    document.querySelector('.q-find input')?.focus();
  }
});
// The row whose case stands beside the list stays marked, also when the row was fetched again.
function markOpen() {
  const number = document.querySelector('#case-pane')?.dataset.liveCase;
  for (const row of document.querySelectorAll('[data-rows] .q-caserow')) {
    const on = row.dataset.liveCase === number;
    row.classList.toggle('is-on', on);
    if (on) row.querySelector('a').setAttribute('aria-current', 'true'); else row.querySelector('a').removeAttribute('aria-current');
  }
  document.querySelector('.q-panes')?.classList.toggle('has-case', Boolean(number));
}
document.addEventListener('htmx:afterSettle', markOpen);
document.addEventListener('change', (event) => {
  if (event.target.matches('[data-keys-switch]')) localStorage.setItem(OFF, event.target.checked ? 'on' : 'off');
});
for (const box of document.querySelectorAll('[data-keys-switch]')) box.checked = !isOff();
document.querySelector('.q-find input')?.addEventListener('blur', (event) => {
  if (!event.target.value) event.target.closest('.q-bar')?.classList.remove('is-finding');
});
