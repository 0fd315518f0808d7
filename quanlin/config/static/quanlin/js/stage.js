// The wall is drawn for 1920×1080 and scaled whole to whatever hangs there.
const stage = document.querySelector('.q-stage');

function fit() {
  const scale = Math.min(window.innerWidth / 1920, window.innerHeight / 1080);
  stage.style.transform = `scale(${scale})`;
}

if (stage) {
  window.addEventListener('resize', fit);
  fit();
}
document.addEventListener('keydown', (event) => {
  if (event.key === 'f' && !event.target.matches('input, textarea')) {
    if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen?.();
  }
});
