// A report that is not sent yet survives a closed page. The key that makes a repeated submit harmless lives with it
// until the server has answered with a number: that page carries <… data-sent="report">.
const skip = (field) => !field.name || ['file', 'password', 'hidden', 'submit'].includes(field.type) || field.name.startsWith('csrf');

function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function read(name) {
  try { return JSON.parse(localStorage.getItem(`q-draft-${name}`)) ?? {}; } catch { return {}; }
}

function write(name, draft) {
  try { localStorage.setItem(`q-draft-${name}`, JSON.stringify(draft)); } catch { /* a full or closed store costs only the draft */ }
}

export function start(element) {
  if (element.dataset.sent) { localStorage.removeItem(`q-draft-${element.dataset.sent}`); return; }
  const form = element;
  const name = form.dataset.draft;
  const draft = read(name);
  draft.key ||= newKey();
  const key = form.querySelector('input[name="idempotency_key"]');
  if (key) key.value = draft.key;
  const note = form.querySelector('[data-draft-note]');
  let restored = false;
  for (const field of form.elements) {
    if (skip(field) || !(field.name in (draft.words ?? {}))) continue;
    const value = draft.words[field.name];
    if (field.type === 'radio' || field.type === 'checkbox') field.checked = [].concat(value).includes(field.value);
    else if (!field.value && value) { field.value = value; restored = true; field.dispatchEvent(new Event('input', { bubbles: true })); }
  }
  if (note && restored) note.hidden = false;
  write(name, draft);

  let timer;
  const save = () => {
    const words = {};
    for (const field of form.elements) {
      if (skip(field)) continue;
      if (field.type === 'radio' || field.type === 'checkbox') { if (field.checked) words[field.name] = [...(words[field.name] ?? []), field.value]; }
      else words[field.name] = field.value;
    }
    write(name, { key: draft.key, words });
  };
  form.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(save, 400); });
  form.addEventListener('submit', save);
  form.addEventListener('click', (event) => {
    if (!event.target.closest('[data-draft-drop]')) return;
    draft.key = newKey();
    if (key) key.value = draft.key;
    form.reset();
    write(name, { key: draft.key });
    if (note) note.hidden = true;
  });
  for (const text of form.querySelectorAll('textarea[maxlength]')) {
    const count = form.querySelector(`[data-length="${text.name}"]`);
    const say = () => { if (count) count.textContent = `${text.value.length} / ${text.maxLength}`; };
    text.addEventListener('input', say);
    say();
  }
}
