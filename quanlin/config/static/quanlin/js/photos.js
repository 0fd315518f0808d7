// Photo picker: preview, remove, make smaller (2560 px, JPEG; what a camera wrote into the file goes away with it).
// The file input keeps the whole set, so that an ordinary form carries it; without this script it is a plain input.
const MOST_BYTES = 10 * 1024 * 1024;
const EDGE = 2560;

async function smaller(file) {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.86));
  if (!blob) throw new Error('the browser made no picture');
  return new File([blob], `${file.name.replace(/\.[^.]*$/, '')}.jpg`, { type: 'image/jpeg', lastModified: file.lastModified });
}

export function start(box) {
  const input = box.querySelector('input[type=file]');
  const add = input.closest('.q-addphoto');
  const most = Number(box.dataset.most || 9);
  const count = box.querySelector('[data-count]') ?? document.querySelector(`[data-count="${input.name}"]`);
  const kept = [];

  function settle() {
    const set = new DataTransfer();
    for (const { file } of kept) if (file) set.items.add(file);
    input.files = set.files;
    if (count) count.textContent = `${kept.length} / ${most}`;
    add.hidden = kept.length >= most;
    box.dispatchEvent(new CustomEvent('q:photos', { bubbles: true, detail: { count: set.files.length } }));
  }

  function show(entry, source) {
    const square = document.createElement('div');
    square.className = 'q-photo is-waiting';
    const picture = document.createElement('img');
    picture.alt = `第 ${kept.length} 张`;
    picture.src = URL.createObjectURL(source);
    const off = document.createElement('button');
    off.type = 'button';
    off.className = 'off';
    off.setAttribute('aria-label', `删除第 ${kept.length} 张`);
    off.append(document.querySelector('template#q-close-icon')?.content.cloneNode(true) ?? '×');
    off.addEventListener('click', () => {
      kept.splice(kept.indexOf(entry), 1);
      URL.revokeObjectURL(picture.src);
      square.remove();
      settle();
      input.focus();
    });
    square.append(picture, off);
    add.before(square);
    entry.square = square;
  }

  function spoil(entry, words) {
    entry.file = null;
    entry.square.className = 'q-photo is-bad';
    entry.square.append(Object.assign(document.createElement('span'), { className: 'word', textContent: words }));
  }

  input.addEventListener('change', async () => {
    const fresh = [...input.files].slice(0, Math.max(0, most - kept.length));
    const dropped = input.files.length - fresh.length;
    settle();
    if (dropped > 0) {
      box.dispatchEvent(new CustomEvent('q:toast', { bubbles: true, detail: { words: `最多 ${most} 张，后面 ${dropped} 张没加上。` } }));
    }
    for (const source of fresh) {
      const entry = { file: null };
      kept.push(entry);
      show(entry, source);
      try {
        entry.file = await smaller(source);
        entry.square.classList.remove('is-waiting');
        if (entry.file.size > MOST_BYTES) spoil(entry, '太大');
      } catch {
        spoil(entry, '打不开');
      }
      settle();
    }
  });
}
