// What every page needs; the rest is fetched when a page has something for it.
import './clock.js';
import './toast.js';
import './dialog.js';
import { listen } from './live.js';

const parts = {
  '[data-photos]': () => import('./photos.js'),
  'form[data-draft], [data-sent]': () => import('./draft.js'),
  '[data-place]': () => import('./place.js'),
  '[data-shown]': () => import('./masked.js'),
};
const awake = new WeakSet();

async function wake(root) {
  for (const [selector, fetchPart] of Object.entries(parts)) {
    const found = [...root.querySelectorAll(selector)];
    if (root.matches?.(selector)) found.unshift(root);
    for (const element of found) {
      if (awake.has(element)) continue;
      awake.add(element);
      (await fetchPart()).start(element);
    }
  }
}

document.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRFToken'] = document.querySelector('meta[name="csrf"]')?.content ?? '';
});
document.addEventListener('htmx:load', (event) => wake(event.detail.elt));

// Buttons that copy what they carry, and menus that close when one looks elsewhere.
document.addEventListener('click', async (event) => {
  const copy = event.target.closest('[data-copy]');
  if (copy) {
    await navigator.clipboard?.writeText(copy.dataset.copy);
    copy.dispatchEvent(new CustomEvent('q:toast', { bubbles: true, detail: { words: '已复制' } }));
  }
  if (event.target.closest('[data-print]')) window.print();
  for (const open of document.querySelectorAll('details[data-menu][open]')) {
    if (!open.contains(event.target)) open.open = false;
  }
});

wake(document.body);
listen();
if (document.body.dataset.worker && 'serviceWorker' in navigator) {
  navigator.serviceWorker.register(document.body.dataset.worker, { scope: '/' }).catch(() => {});
}
