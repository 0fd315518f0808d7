// Short answers at the edge. The server says HX-Trigger: {"q:toast": {"words": "…", "kind": "ok|error", "undo": "/address"}}.
const SENTENCES = {
  0: '没连上，填的内容还在。网好了再按一次。',
  400: '没存上：送来的内容不完整。请刷新这一页再试。',
  401: '没存上：登录已过期。请在新标签页里重新登录，再回来按一次。',
  403: '没办成：这件事不归您管，或页面开得太久了。刷新这一页看看。',
  404: '没找到：它可能被合并、移走，或不在您管的范围里。',
  413: '没传上去：内容太大。照片请压缩到 10 MB 以内再传。',
  429: '没办成：按得太快了。过一分钟再试。',
  503: '没存上，内容还在：系统正在恢复。过一分钟再按一次。',
};

function region() {
  let place = document.querySelector('.q-toasts');
  if (!place) {
    place = Object.assign(document.createElement('div'), { className: 'q-toasts' });
    place.setAttribute('role', 'status');
    document.body.append(place);
  }
  return place;
}

export function toast({ words, kind = 'ok', undo = '', stay = 0 }) {
  const place = region();
  const box = Object.assign(document.createElement('div'), { className: `q-toast is-${kind}` });
  if (kind === 'error') box.setAttribute('role', 'alert');
  box.append(Object.assign(document.createElement('p'), { textContent: words }));
  if (undo) {
    const back = Object.assign(document.createElement('button'), { type: 'button', textContent: '撤销' });
    back.addEventListener('click', () => { box.remove(); window.htmx?.ajax('POST', undo, { swap: 'none' }); });
    box.append(back);
  }
  if (kind === 'error') {
    const shut = Object.assign(document.createElement('button'), { type: 'button', textContent: '知道了' });
    shut.addEventListener('click', () => box.remove());
    box.append(shut);
  }
  while (place.children.length >= 2) place.firstElementChild.remove();
  place.append(box);
  if (kind !== 'error') setTimeout(() => box.remove(), stay || (undo ? 10_000 : 5_000));
}

function failed(status, text) {
  let words = SENTENCES[status] ?? (status >= 500 ? '没存上，内容还在。请再按一次；还不行就打社区电话。' : '');
  try { words = JSON.parse(text).title || words; } catch {
    words = new DOMParser().parseFromString(text, 'text/html').querySelector('[data-fault]')?.textContent.trim() || words;
  }
  toast({ words: words || SENTENCES[400], kind: 'error' });
}

document.addEventListener('q:toast', (event) => toast(event.detail));
document.addEventListener('htmx:sendError', () => failed(0, ''));
document.addEventListener('htmx:timeout', () => failed(0, ''));
document.addEventListener('htmx:responseError', (event) => failed(event.detail.xhr.status, event.detail.xhr.responseText));
for (const said of document.querySelectorAll('[data-toast]')) {
  toast({ words: said.textContent.trim(), kind: said.dataset.toast || 'ok' });
}
