/* Keeps the page and its parts for when there is no signal. What comes before this text: VERSION, PAGE and ASSETS. */

const NAME = `langnghe-pocket-${VERSION}`;

self.addEventListener('install', event => {
  event.waitUntil(keepAll().then(() => self.skipWaiting()));
});

self.addEventListener('activate', event => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

self.addEventListener('fetch', event => {
  const {request} = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) {
    return;
  }
  if (ASSETS.includes(url.pathname + url.search)) {
    event.respondWith(kept(url.pathname + url.search, request));
  } else if (request.mode === 'navigate' && url.pathname === PAGE) {
    event.respondWith(kept(PAGE, request));
  }
});

/** Takes everything or nothing: half a page is none. A page that leads elsewhere is one to sign in, and not ours. */
async function keepAll() {
  const cache = await caches.open(NAME);
  await Promise.all(ASSETS.map(async address => {
    const answer = await fetch(address, {cache: 'reload', credentials: 'same-origin'});
    if (!answer.ok || answer.redirected) {
      throw new Error(`${answer.status} ${address}`);
    }
    await cache.put(address, answer);
  }));
}

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter(name => name.startsWith('langnghe-pocket-') && name !== NAME).map(name => caches.delete(name)));
}

async function kept(address, request) {
  const cache = await caches.open(NAME);
  return await cache.match(address, {ignoreVary: true}) ?? fetch(request);
}
