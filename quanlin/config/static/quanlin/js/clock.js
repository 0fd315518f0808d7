// Due clocks go on between two answers of the server. They run on working time: <body data-work="8:30-12:00 13:30-17:30">
// names today's windows, "" means that nobody works today. Without the attribute a clock never claims more time than
// the wall clock leaves until the due moment.
const DAY = 86400;

export function spanWords(minutes, day = 450) {
  const all = Math.abs(Math.trunc(minutes));
  const days = Math.floor(all / day);
  const hours = Math.floor((all % day) / 60);
  const left = (all % day) % 60;
  if (days) return hours ? `${days} 天 ${hours} 时` : left ? `${days} 天 ${left} 分` : `${days} 天`;
  if (hours) return left ? `${hours} 时 ${left} 分` : `${hours} 时`;
  return `${left} 分`;
}

export function windowsOf(text) {
  if (text === undefined || !/^(\d+:\d+-\d+:\d+ ?)*$/.test(text)) return null;
  return text.split(' ').filter(Boolean).map((pair) => pair.split('-').map((time) => {
    const [hours, minutes] = time.split(':').map(Number);
    return hours * 3600 + minutes * 60;
  }));
}

// Working minutes between two epoch seconds, both of them today in UTC+8.
export function worked(windows, from, to) {
  const midnight = Math.floor((from + 8 * 3600) / DAY) * DAY - 8 * 3600;
  return windows.reduce((sum, [a, b]) =>
    sum + Math.max(0, Math.min(to, midnight + b) - Math.max(from, midnight + a)), 0) / 60;
}

export function leftNow({ left, due, read, now, windows, day }) {
  if (day >= 1440) return Math.floor((due - now) / 60);
  if (windows) return Math.floor(left - worked(windows, read, now));
  if (now < due) return Math.min(left, Math.ceil((due - now) / 60));
  return Math.min(left, -Math.floor((now - due) / 60));
}

function tick() {
  const windows = windowsOf(document.body.dataset.work);
  const now = Date.now() / 1000;
  for (const clock of document.querySelectorAll('.q-due[data-due]')) {
    const { left: leftText, allowed: allowedText, read, day, due } = clock.dataset;
    const allowed = Number(allowedText);
    const left = leftNow({
      left: Number(leftText), due: Date.parse(due) / 1000, read: Number(read), now, windows, day: Number(day),
    });
    const used = allowed ? Math.max(0, Math.min(100, Math.floor((allowed - left) * 100 / allowed))) : 0;
    const level = left < 0 ? 'over' : used >= 80 ? 'soon' : 'ok';
    const words = left < 0 ? `超 ${spanWords(left, Number(day))}`
      : left === 0 ? '剩不到 1 分' : `剩 ${spanWords(left, Number(day))}`;
    const shown = clock.querySelector('.w');
    if (shown.textContent !== words) {
      shown.textContent = words;
      clock.querySelector('.q-ear').textContent = words.replaceAll('时', '小时');
    }
    clock.querySelector('.u')?.setAttribute('stroke-dasharray', `${used} 100`);
    if (!clock.classList.contains(`is-${level}`)) {
      clock.classList.remove('is-ok', 'is-soon', 'is-over');
      clock.classList.add(`is-${level}`);
    }
  }
  for (const face of document.querySelectorAll('[data-clockface]')) {
    face.textContent = new Date().toLocaleTimeString('zh-CN', { hour: 'numeric', minute: '2-digit', timeZone: 'Asia/Shanghai' });
  }
}

setInterval(tick, 20_000);
document.addEventListener('visibilitychange', () => document.hidden || tick());
