{% load static %}// Without network: a page that says so. Only files that are the same for everybody are kept; pages never are.
const KEEP = 'q-1-{% static "quanlin/css/tokens.css" %}';
const FILES = ['/offline/', '{% static "quanlin/css/tokens.css" %}', '{% static "quanlin/css/base.css" %}', '{% static "quanlin/css/parts.css" %}', '{% static "quanlin/css/sign.css" %}', '{% static "quanlin/icons.svg" %}'];

self.addEventListener('install', (event) => event.waitUntil(caches.open(KEEP).then((kept) => kept.addAll(FILES)).then(() => self.skipWaiting())));
self.addEventListener('activate', (event) => event.waitUntil(
  caches.keys().then((names) => Promise.all(names.filter((name) => name !== KEEP).map((name) => caches.delete(name)))).then(() => self.clients.claim()),
));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  if (request.mode === 'navigate') event.respondWith(fetch(request).catch(() => caches.match('/offline/')));
  else if (FILES.includes(new URL(request.url).pathname)) event.respondWith(fetch(request).catch(() => caches.match(request)));
});
