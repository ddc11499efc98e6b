'use strict';
// What every page does beyond links and forms: keys, fetching the next page ahead, the live lists, try-it.
// Data of strangers goes through textContent only.

const byId = (id) => document.getElementById(id);
const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
const counted = (n, noun) => `${grouped(n)} ${noun}${Number(n) === 1 ? '' : 's'}`;

function toast(words, href, link) {
  const box = make('div', 'toast', words);
  if (href) {
    const a = make('a', '', link);
    a.href = href;
    box.append(a);
  }
  byId('toasts').append(box);
  const leave = () => box.matches(':hover, :focus-within') ? setTimeout(leave, 2000) : box.remove();
  setTimeout(leave, 6000);
}

// Keys
let chord = 0;
const isTyping = (target) => target.closest('input, textarea, select, [contenteditable]');
function moveRow(step) {
  const rows = [...document.querySelectorAll('#main .tbl tbody tr')];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.getAttribute('aria-current') === 'true');
  if (at >= 0) rows[at].removeAttribute('aria-current');
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  next.setAttribute('aria-current', 'true');
  next.scrollIntoView({block: 'nearest'});
}
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'Escape') document.querySelectorAll('details.add[open]').forEach((open) => { open.open = false; });
  if (isTyping(event.target)) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  if (chord && Date.now() - chord < 1500) {
    chord = 0;
    const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (link) link.click();
    return;
  }
  if (event.key === 'g') chord = Date.now();
  else if (event.key === '/') { event.preventDefault(); document.querySelector('.find .in').focus(); }
  else if (event.key === '?') location.href = '/docs/pages';
  else if (event.key === '[') document.querySelector('#main [rel=prev]')?.click();
  else if (event.key === ']') document.querySelector('#main [rel=next]')?.click();
  else if (event.key === 'j') moveRow(1);
  else if (event.key === 'k') moveRow(-1);
  else if (event.key === 'Enter' && event.target === document.body) document.querySelector('tr[aria-current=true] a')?.click();
});
document.addEventListener('click', (event) => {
  document.querySelectorAll('details.add[open]').forEach((open) => { if (!open.contains(event.target)) open.open = false; });
  const opener = event.target.closest('[data-open]');
  if (opener && byId(opener.dataset.open)) {
    event.preventDefault();
    const panel = byId(opener.dataset.open);
    panel.open = true;
    panel.scrollIntoView({block: 'nearest'});
    byId('files').focus();
  }
});

// The next page of a result, before it is asked for: HTMX takes it from here.
const ahead = new Map();
function fetchAhead() {
  const next = document.querySelector('[data-ahead]');
  if (!next || ahead.has(next.dataset.ahead)) return;
  ahead.clear();
  ahead.set(next.dataset.ahead, fetch(`${next.dataset.ahead}&ahead=1`, {headers: {'HX-Request': 'true'}}).then((answer) => answer.ok ? answer.text() : null, () => null));
}
document.addEventListener('click', async (event) => {
  const next = event.target.closest('[data-ahead]');
  if (!next || !ahead.has(next.dataset.ahead) || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  const html = await ahead.get(next.dataset.ahead);
  if (html === null) { location.href = next.href; return; }
  history.pushState({}, '', next.href);
  window.htmx.swap('#result', html, {swapStyle: 'innerHTML'});
  document.dispatchEvent(new CustomEvent('lakehouse:paged'));
}, true);
document.addEventListener('htmx:afterSettle', (event) => {
  fetchAhead();
  if (event.detail.target && event.detail.target.id === 'result' && document.activeElement === document.body) byId('result-title')?.focus({preventScroll: true});
});
document.addEventListener('lakehouse:paged', () => { fetchAhead(); byId('grid')?.scrollTo(0, 0); });
window.addEventListener('popstate', () => location.reload());

// A session that is over: the form to log in comes back here.
const logIn = () => { location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`; };
document.addEventListener('htmx:beforeOnLoad', (event) => {
  if (event.detail.xhr.status === 401) { event.preventDefault(); logIn(); }
});

// Live lists of System: one stream; where there is none to be had, asking every three seconds.
const live = byId('system-live');
if (live) {
  const kLists = {jobs: 'job-list', failures: 'failures', requests: 'requests'};
  const pause = byId('pause');
  let paused = false, polling = 0;
  const state = (words) => { byId('live').textContent = words; };
  const put = (name, html) => {
    const list = byId(kLists[name]);
    if (!list || (paused && name === 'failures') || list.contains(document.activeElement)) return;
    window.htmx.swap(list, html, {swapStyle: 'innerHTML'});
  };
  const poll = async () => {
    for (const name of Object.keys(kLists)) {
      try {
        const answer = await fetch(`/system/${name}`);
        if (answer.status === 401) { logIn(); return; }
        if (answer.ok) put(name, await answer.text());
      } catch { /* the server is away; it may come back */ }
    }
    polling = setTimeout(poll, 3000);
  };
  const listen = () => {
    const source = new EventSource(live.dataset.live);
    source.onopen = () => { clearTimeout(polling); polling = 0; if (!paused) state('live'); };
    for (const name of Object.keys(kLists)) source.addEventListener(name, (event) => put(name, event.data));
    source.onerror = () => { if (source.readyState === EventSource.CLOSED && !polling) { if (!paused) state('every 3 s'); poll(); } };
    window.addEventListener('pagehide', () => source.close());
  };
  pause.hidden = false;
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.textContent = paused ? 'Go on' : 'Pause';
    state(paused ? 'paused' : 'live');
  });
  listen();
}

// Copy
document.addEventListener('click', async (event) => {
  if (!event.target.closest('[data-copy]')) return;
  const lines = [...document.querySelectorAll('#grid thead tr, #grid tbody tr:not(.gap)')].map((row) => [...row.cells].slice(1).map((cell) => (cell.querySelector('.name') || cell).textContent).join('\t'));
  try {
    await navigator.clipboard.writeText(lines.join('\n'));
    toast(`${counted(lines.length - 1, 'row')} copied`);
  } catch {
    toast('The browser does not let this page copy');
  }
});

// A document opens at the page that was asked for, ready for the keys that scroll.
if (byId('document-text')) {
  if (!location.hash) byId('here')?.scrollIntoView({block: 'start'});
  byId('document-text').focus({preventScroll: true});
}

// The API reference: what is below a line comes when it opens, and can be tried.
document.addEventListener('toggle', (event) => {
  const link = event.target.matches('details.op[open]') && event.target.querySelector(':scope > a');
  if (link) window.htmx.ajax('GET', `${link.getAttribute('href')}?piece=1`, {target: link, swap: 'outerHTML'});
}, true);
const openNamed = () => {
  const named = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
  if (named && named.matches('details.op')) named.open = true;
};
window.addEventListener('hashchange', openNamed);
openNamed();
document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('form.try')) return;
  event.preventDefault();
  let path = form.dataset.path;
  const query = new URLSearchParams(), headers = {};
  let body;
  form.querySelectorAll('[data-in]').forEach((field) => {
    if (!field.value) return;
    if (field.dataset.in === 'path') path = path.replace(`{${field.dataset.name}}`, encodeURIComponent(field.value));
    if (field.dataset.in === 'query') query.set(field.dataset.name, field.value);
    if (field.dataset.in === 'header') headers[field.dataset.name] = field.value;
    if (field.dataset.in === 'body') { body = field.value; headers['Content-Type'] = 'application/json'; }
  });
  const answer = form.querySelector('.answer');
  answer.hidden = false;
  answer.textContent = '…';
  try {
    const response = await fetch(path + (query.size ? `?${query}` : ''), {method: form.dataset.method, headers, body});
    let text = await response.text();
    try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* shown as it is */ }
    answer.textContent = `${response.status} ${response.statusText}\n${text.slice(0, 20000)}`;
  } catch {
    answer.textContent = 'The server did not answer.';
  }
});
const offerTrying = () => document.querySelectorAll('form.try button[hidden]').forEach((go) => { go.hidden = false; });
document.addEventListener('htmx:afterSettle', offerTrying);
offerTrying();

fetchAhead();
