// A revealed value hides itself again. The server swaps <span class="q-shown" data-shown="20" data-mask="138****0027">
// into the cell; the mask comes back after so many seconds, and copying gives the mask.
export function start(shown) {
  const left = Object.assign(document.createElement('small'), { ariaHidden: 'true' });
  shown.append(left);
  let seconds = Number(shown.dataset.shown || 20);
  const hide = () => {
    clearInterval(timer);
    shown.replaceWith(Object.assign(document.createElement('span'), { className: 'q-mask', textContent: shown.dataset.mask || '***' }));
  };
  const tick = () => {
    if (seconds <= 0) { hide(); return; }
    left.textContent = `${seconds} 秒后遮住`;
    seconds -= 1;
  };
  const timer = setInterval(tick, 1000);
  tick();
  shown.addEventListener('copy', (event) => { event.preventDefault(); event.clipboardData.setData('text/plain', shown.dataset.mask || ''); });
  window.addEventListener('pagehide', hide, { once: true });
}
