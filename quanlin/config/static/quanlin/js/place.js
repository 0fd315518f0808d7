// Place picker: a tree (fetched by htmx), a map whose pin stands still while the ground moves, the position of the phone.
// The chosen place is in hidden inputs: place (code), lat, lng, crs. All sums are on a plane in metres around data-lat, data-lng.
const LAT = 110_574, LNG = 111_320;

export function start(box) {
  const set = (name, value) => { const field = box.querySelector(`input[name="${name}"]`); if (field) field.value = value; };
  const title = box.querySelector('[data-place-title]');
  const under = box.querySelector('[data-place-under]');

  function choose({ code, name, path }) {
    set('place', code ?? '');
    if (title) title.textContent = name;
    if (under) under.textContent = path ?? '';
    box.dispatchEvent(new CustomEvent('q:placed', { bubbles: true, detail: { code, name } }));
  }

  // The tree may stand in a dialog elsewhere: it names the picker that it answers.
  document.addEventListener('click', (event) => {
    const pick = event.target.closest('[data-pick]');
    if (!pick || (pick.dataset.for && pick.dataset.for !== box.id)) return;
    set('lat', ''); set('lng', '');
    choose({ code: pick.dataset.pick, name: pick.dataset.name, path: pick.dataset.path });
    // The map is drawn anew round what was picked, by the server that knows where it lies.
    box.dispatchEvent(new CustomEvent('q:picked', { bubbles: true }));
    pick.closest('dialog')?.close('sent');
  });

  const map = box.querySelector('.q-placemap');
  const svg = map?.querySelector('svg[data-lat]');
  const lat0 = Number(svg?.dataset.lat), lng0 = Number(svg?.dataset.lng);
  const perLng = LNG * Math.cos(lat0 * Math.PI / 180);
  let asked;

  async function lookup(lat, lng, crs) {
    set('lat', lat.toFixed(6)); set('lng', lng.toFixed(6)); set('crs', crs);
    if (under) under.textContent = '正在看这里属于哪个社区';
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(`${box.dataset.lookup}?lat=${lat.toFixed(6)}&lng=${lng.toFixed(6)}&crs=${crs}`, { signal: asked.signal });
      const place = await answer.json();
      if (!answer.ok) throw new Error(place.detail);
      for (const area of svg?.querySelectorAll('[data-code]') ?? []) area.classList.toggle('is-on', area.dataset.code === place.building?.code);
      choose({ code: place.code, name: place.name, path: [place.community?.name, place.grid?.name].filter(Boolean).join(' · ') });
    } catch (error) {
      if (error.name !== 'AbortError' && under) under.textContent = error.message?.length > 4 && /[一-龥]/.test(error.message) ? error.message : '没认出这里属于哪个社区，请用「选楼栋」选一下。';
    }
  }

  function view() { return svg.getAttribute('viewBox').split(' ').map(Number); }
  function centre(x, y) {
    const [, , w, h] = view();
    svg.setAttribute('viewBox', `${x - w / 2} ${y - h / 2} ${w} ${h}`);
  }

  if (svg) {
    let from;
    map.addEventListener('pointerdown', (event) => {
      if (event.target.closest('button')) return;
      from = { x: event.clientX, y: event.clientY, view: view() };
      map.setPointerCapture(event.pointerId);
    });
    map.addEventListener('pointermove', (event) => {
      if (!from) return;
      const [x, y, w, h] = from.view;
      const scale = Math.min(map.clientWidth / w, map.clientHeight / h) || 1;
      svg.setAttribute('viewBox', `${x - (event.clientX - from.x) / scale} ${y - (event.clientY - from.y) / scale} ${w} ${h}`);
    });
    const settle = () => {
      if (!from) return;
      const [x, y, w, h] = view();
      const moved = Math.hypot(x - from.view[0], y - from.view[1]);
      from = null;
      if (moved > 0.5) lookup(lat0 - (y + h / 2) / LAT, lng0 + (x + w / 2) / perLng, 'wgs84');
    };
    map.addEventListener('pointerup', settle);
    map.addEventListener('pointercancel', settle);
    map.addEventListener('keydown', (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!by) return;
      event.preventDefault();
      const [x, y, w, h] = view();
      from = { view: [x, y, w, h] };
      centre(x + w / 2 + by[0] * w / 20, y + h / 2 + by[1] * h / 20);
      settle();
    });
  }

  box.querySelector('[data-locate-too]')?.addEventListener('click', () => {
    if (svg) map.focus(); else if (under) under.textContent = '现在没有地图，请用「选楼栋」选一下。';
  });
  box.querySelector('[data-locate]')?.addEventListener('click', (event) => {
    const button = event.currentTarget;
    if (!navigator.geolocation) { if (under) under.textContent = '这台手机没给位置，请用「选楼栋」选一下。'; return; }
    button.setAttribute('aria-busy', 'true');
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      button.removeAttribute('aria-busy');
      if (svg) centre((coords.longitude - lng0) * perLng, -(coords.latitude - lat0) * LAT);
      lookup(coords.latitude, coords.longitude, 'wgs84');
    }, () => {
      button.removeAttribute('aria-busy');
      if (under) under.textContent = '没有拿到位置。没关系，用「选楼栋」选一下就行。';
    }, { enableHighAccuracy: true, timeout: 8000, maximumAge: 60_000 });
  });
}
