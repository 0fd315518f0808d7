// <dialog>s that the server answers into #q-dialogs. Esc and 取消 close them; typed words survive until they are sent.
const kept = new Map();

function fields(dialog) {
  return [...dialog.querySelectorAll('input:not([type=hidden]):not([type=file]), textarea, select')].filter((f) => f.name);
}

function keep(dialog) {
  kept.set(dialog.dataset.key, fields(dialog).map((f) => [f.name, f.value, f.checked]));
}

function restore(dialog) {
  for (const [name, value, checked] of kept.get(dialog.dataset.key) ?? []) {
    for (const field of fields(dialog).filter((f) => f.name === name)) {
      if (field.type === 'radio' || field.type === 'checkbox') { if (field.value === value) field.checked = checked; }
      else if (!field.value) field.value = value;
    }
  }
}

export function open(dialog) {
  if (dialog.open) return;
  const before = document.activeElement;
  restore(dialog);
  dialog.showModal();
  (dialog.querySelector('[aria-invalid="true"]') ?? dialog.querySelector('[autofocus]') ?? fields(dialog)[0]
    ?? dialog.querySelector('footer .is-main'))?.focus();
  dialog.addEventListener('close', () => {
    if (dialog.dataset.key && dialog.returnValue !== 'sent') keep(dialog);
    else kept.delete(dialog.dataset.key);
    if (dialog.dataset.keep === undefined) dialog.remove();
    if (before?.isConnected) before.focus();
  }, { once: true });
}

function shut(value = '') {
  const dialogs = document.querySelectorAll('dialog[open]');
  dialogs[dialogs.length - 1]?.close(value);
}

document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-open]');
  if (opener) {
    const dialog = document.getElementById(opener.dataset.open);
    if (dialog) { event.preventDefault(); open(dialog); }
  }
  const closer = event.target.closest('[data-close]');
  if (closer) {
    const dialog = closer.closest('dialog');
    if (dialog?.open) { event.preventDefault(); dialog.close(); }
  }
  // Beside the dialog: close only what holds no words yet.
  if (event.target instanceof HTMLDialogElement && event.target.open
      && !fields(event.target).some((f) => f.type !== 'radio' && f.type !== 'checkbox' && f.value)) event.target.close();
});

document.addEventListener('htmx:afterSettle', (event) => {
  const dialog = event.detail.elt.closest?.('#q-dialogs')?.querySelector('dialog:not([open])');
  if (dialog) open(dialog);
});
// The server answers a sent dialog with HX-Trigger: q:done.
document.addEventListener('q:done', () => shut('sent'));
