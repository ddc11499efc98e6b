'use strict';
// The Ask page beyond links and forms: Enter asks, a citation opens beside the answer, what was asked before is kept in this browser.

const question = byId('question');
const askForm = byId('ask');

// The question grows with what is typed; Enter asks, Shift and Enter begin a line.
function fit() {
  question.rows = Math.min(8, question.value.split('\n').length);
}
if (question) {
  question.addEventListener('input', fit);
  question.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (question.value.trim()) askForm.requestSubmit();
  });
  fit();
  document.querySelectorAll('[data-link], [data-copy-text]').forEach((button) => { button.hidden = false; });
}

// The answer arrives as it is made. Where there is no stream to be had, the form does what forms do.
let arriving = null;
function put(html) {
  window.htmx.swap('#answered', html, {swapStyle: 'innerHTML'});
  document.querySelectorAll('[data-link]').forEach((button) => { button.hidden = false; });
}
function arrive(query) {
  arriving?.close();
  const source = new EventSource(`${askForm.dataset.stream}?${query}`);
  let begun = false;
  arriving = source;
  source.addEventListener('searched', (event) => {
    begun = true;
    put(event.data);
    byId('answer-title')?.focus({preventScroll: true});
  });
  source.addEventListener('sentence', (event) => byId('sentences')?.insertAdjacentHTML('beforeend', event.data));
  source.addEventListener('sources', (event) => {
    window.htmx.swap('#sources', event.data, {swapStyle: 'innerHTML'});
    byId('sources').hidden = !document.querySelector('#sources a');
  });
  source.addEventListener('done', (event) => {
    source.close();
    askForm.removeAttribute('aria-busy');
    put(event.data);
    if (!begun) byId('answer-title')?.focus({preventScroll: true});
    remember();
    showPast();
  });
  source.onerror = () => {
    source.close();
    location.reload();
  };
}
askForm?.addEventListener('submit', (event) => {
  const fields = new FormData(askForm);
  if (!window.EventSource || fields.get('fv')) return;  // another filter changes the form, too
  fields.delete('fc');
  fields.delete('fv');
  event.preventDefault();
  const query = new URLSearchParams(fields);
  history.pushState({}, '', `/?${query}`);
  byId('source').replaceChildren();
  askForm.setAttribute('aria-busy', 'true');
  arrive(query);
});

// What was asked, in this browser alone.
const kKept = 'lakehouse.asked';
function past() {
  try { return JSON.parse(localStorage.getItem(kKept)) || []; } catch { return []; }
}
function remember() {
  const asked = new URLSearchParams(location.search).get('q');
  if (!asked) return;
  const address = new URL(location);
  address.searchParams.delete('src');
  const href = address.pathname + address.search;
  try { localStorage.setItem(kKept, JSON.stringify([{q: asked.slice(0, 300), href}, ...past().filter((one) => one.href !== href)].slice(0, 30))); } catch { /* a browser that keeps nothing */ }
}
function showPast() {
  const list = byId('asked-list');
  if (!list) return;
  byId('asked').hidden = false;
  list.replaceChildren();
  for (const one of past()) {
    if (typeof one.href !== 'string' || !one.href.startsWith('/?')) continue;
    const link = make('a', 'ds');
    link.href = one.href;
    link.append(make('span', 'cut', String(one.q)));
    list.append(link);
  }
  if (!list.children.length) list.append(make('p', 'body sm dim', 'Your questions stand here, in this browser.'));
}
remember();
showPast();

// Sources: which one is open, and the ways between them.
function markOpen(number) {
  document.querySelectorAll('a.cite[data-cite]').forEach((chip) => chip.setAttribute('aria-expanded', String(chip.dataset.cite === number)));
  document.querySelectorAll('a.ds[data-cite]').forEach((one) => { if (one.dataset.cite === number) one.setAttribute('aria-current', 'true'); else one.removeAttribute('aria-current'); });
}
function closeSource() {
  const number = byId('source-number')?.dataset.number;
  byId('source').replaceChildren();
  markOpen('');
  const address = new URL(location);
  address.searchParams.delete('src');
  address.hash = '';
  history.pushState({}, '', address);
  document.querySelector(`.answer a.cite[data-cite="${number}"]`)?.focus();
}
document.addEventListener('click', (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const go = event.target.closest('[data-go]');
  const chip = go && document.querySelector(`a[data-cite="${CSS.escape(go.dataset.go)}"]`);
  if (chip) { event.preventDefault(); chip.click(); }
  if (event.target.closest('#source-close')) { event.preventDefault(); closeSource(); }
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && byId('source-close') && !isTyping(event.target)) closeSource();
});
function showPassage() {
  const box = document.querySelector('#source-panel .doc'), mark = byId('passage');
  if (box && mark) box.scrollTop = mark.offsetTop - box.offsetTop - 60;
  document.querySelectorAll('#source-panel [data-copy-text]').forEach((button) => { button.hidden = false; });
}
document.addEventListener('htmx:afterSettle', (event) => {
  if (event.detail.target?.id !== 'source') return;
  markOpen(byId('source-number')?.dataset.number ?? '');
  showPassage();
  byId('source-title')?.focus({preventScroll: true});
});
showPassage();

// Links and citations to pass on.
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-link], [data-copy-text]');
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copyText ?? location.href);
    toast(button.dataset.copyText ? 'Citation copied' : 'Link copied');
  } catch {
    toast('The browser does not let this page copy');
  }
});
