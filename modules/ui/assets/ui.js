'use strict';
// What every page does beyond links and forms: keys, fetching the next page ahead, uploads, the live lists, try-it.
// Data of strangers goes through textContent only.

const byId = (id) => document.getElementById(id);
const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
const bytes = (n) => n < 1e3 ? `${n} B` : n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(2)} GB`;
const kTypes = {VARCHAR: 'text', BIGINT: 'int64', INTEGER: 'int32'};
const typeWords = (type) => kTypes[type] || type.toLowerCase();
const counted = (n, noun) => `${grouped(n)} ${noun}${Number(n) === 1 ? '' : 's'}`;
const icon = (name) => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('class', 'i');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'use'));
  svg.firstChild.setAttribute('href', `#i-${name}`);
  return svg;
};
const button = (words, className, act) => {
  const node = make('button', `btn ${className}`, words);
  node.type = 'button';
  node.addEventListener('click', act);
  return node;
};

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

// Try-it of the API reference
document.querySelectorAll('form.try').forEach((form) => {
  const go = form.querySelector('button');
  if (!go) return;
  go.hidden = false;
  form.addEventListener('submit', async (event) => {
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
});

// Uploads: preview, then commit, with progress and cancel
function nameOf(file) {
  return file.name.toLowerCase().replace(/(\.(csv|tsv|txt|json|ndjson|jsonl|parquet|gz|zst))+$/, '').replace(/[^a-z0-9_]+/g, '_').replace(/^[^a-z0-9]+/, '').slice(0, 120) || 'data';
}

// One request at a time and one more after the last change: of two answers in flight the older one may come later.
let refreshing = false;
let changedSince = false;
async function refreshDatasets() {
  changedSince = true;
  if (refreshing || !byId('datasets-list')) return;
  refreshing = true;
  try {
    while (changedSince && byId('datasets-list')) {
      changedSince = false;
      await window.htmx.ajax('GET', location.pathname + location.search, {target: '#datasets-list', select: '#datasets-list', swap: 'outerHTML'});
    }
  } finally {
    refreshing = false;
  }
}

class Upload {
  constructor(file, name) {
    this.file = file;
    this.name = name;
    this.row = make('div', 'file run');
    this.mark = icon('up');
    this.size = make('span', 'sm num', bytes(file.size));
    this.more = make('div', 'stack');
    this.row.append(this.mark, make('b', 'cut', file.name), this.size, this.more);
    byId('jobs').prepend(this.row);
    this.send(true);
  }

  state(kind, mark) {
    this.row.className = `file ${kind}`;
    this.mark.firstChild.setAttribute('href', `#i-${mark}`);
    this.kind = kind;
    showUploads();
  }

  progress(words, share, cancel) {
    if (!this.bar) {
      this.more.replaceChildren();
      this.bar = make('progress');
      this.bar.max = 1;
      this.bar.setAttribute('aria-label', `Progress of ${this.file.name}`);
      this.words = make('span', 'grow');
      const line = make('div', 'row sm mute');
      line.append(this.words, button('Cancel', 'quiet tiny', () => this.cancel()));
      this.more.append(this.bar, line);
    }
    this.bar.value = share;
    this.words.textContent = words;
    this.stop = cancel;
  }

  cancel() { if (this.stop) this.stop(); }

  send(preview) {
    this.state('run', 'up');
    this.bar = null;
    const form = new FormData();
    form.append('name', this.name);
    form.append('mode', this.mode || 'auto');
    for (const [key, value] of Object.entries(this.choices || {})) form.append(key, value);
    if (preview) form.append('preview', '1');
    form.append('file', this.file);
    const request = new XMLHttpRequest();
    const what = preview ? 'Looking at' : 'Sending';
    this.progress(`${what} ${this.file.name}`, 0, () => request.abort());
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) this.progress(`${what}: ${bytes(event.loaded)} of ${bytes(event.total)}`, event.loaded / event.total / 2, () => request.abort());
    };
    request.onload = () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch { /* no answer of ours */ }
      if (request.status === 401) logIn();
      else if (request.status === 202) this.follow(answer.job.id, preview);
      else this.fail(answer && answer.error);
    };
    request.onerror = () => this.fail(null);
    request.onabort = () => this.end('cancelled');
    request.open('POST', '/v1/ingest?async=1');
    request.send(form);
  }

  async follow(id, preview) {
    for (;;) {
      let answer = null;
      try {
        const response = await fetch(`/v1/ingest/jobs/${id}?wait_ms=400`);
        answer = await response.json();
      } catch { this.fail(null); return; }
      const job = answer.job;
      if (!job) { this.fail(answer.error); return; }
      if (job.state === 'queued' || job.state === 'running') {
        const share = job.bytes_total > 0 ? Math.min(1, job.bytes_done / job.bytes_total) : 0;
        const words = [preview ? 'Reading' : {write: 'Writing', upload: 'Storing', commit: 'Committing'}[job.stage] || 'Reading', counted(job.rows_read, 'row'), `${grouped(job.rows_rejected)} rejected`];
        if (job.eta_seconds >= 1) words.push(`${Math.ceil(job.eta_seconds)} s left`);
        this.progress(words.join(' · '), .5 + share / 2, () => fetch(`/v1/ingest/jobs/${id}`, {method: 'DELETE'}));
        continue;
      }
      if (job.state === 'cancelled' || (job.error && job.error.code === 'cancelled')) this.end('cancelled');
      else if (job.error) this.fail({...job.error, details: job.error.details ? JSON.parse(job.error.details) : null});
      else if (job.state === 'previewed') this.show(job);
      else this.done(job);
      return;
    }
  }

  show(job) {
    this.state('ready', 'tab');
    this.bar = null;
    const words = make('p', 'sm mute', `${counted(job.rows_loaded || job.rows_read - job.rows_rejected, 'row')}, ${counted(job.columns.length, 'column')}, ${grouped(job.rows_rejected)} rejected · ${job.format}${job.notes.length ? ` · ${job.notes.join(' · ')}` : ''}`);
    const scroll = this.sample(job);
    const line = make('div', 'row wrap');
    const fixed = byId('upload-form').dataset.dataset;
    const name = make('input', 'in name');
    name.value = this.name;
    name.setAttribute('aria-label', `Dataset for ${this.file.name}`);
    name.readOnly = Boolean(fixed);
    const replaces = this.mode === 'replace';
    const add = button(replaces ? `Replace ${job.name}` : job.existing ? `Append to ${job.name}` : 'Add', 'go', () => { this.mode = replaces ? 'replace' : job.existing ? 'append' : 'auto'; this.send(false); });
    add.dataset.commit = '1';
    line.append(make('span', 'sm dim', 'as'), name, add);
    if (job.existing && !replaces) line.append(button(`Replace ${job.name}`, '', () => { this.mode = 'replace'; this.send(false); }));
    line.append(button('Discard', 'quiet', () => this.discard()));
    name.addEventListener('change', () => { this.name = name.value.trim(); this.mode = 'auto'; this.choices = null; this.send(true); });
    const rejects = job.rejects && job.rejects.length ? [this.rejects(job)] : [];
    this.more.replaceChildren(words, scroll, ...rejects, line);
  }

  region(className, label, table) {
    const scroll = make('div', `scroll ${className}`);
    scroll.tabIndex = 0;
    scroll.setAttribute('role', 'region');
    scroll.setAttribute('aria-label', label);
    scroll.append(table);
    return scroll;
  }

  head(table, words) {
    const row = table.createTHead().insertRow();
    for (const text of words) {
      const th = make('th', '', text);
      th.scope = 'col';
      row.append(th);
    }
    return row;
  }

  /// Columns with their types, and the first rows below them.
  sample(job) {
    const table = make('table', 'tbl tight');
    const names = this.head(table, job.columns.map((column) => column.name));
    job.columns.forEach((column, at) => {
      const line = make('span', 'ty', typeWords(column.type));
      if (column.tag) line.append(' ', make('span', 'badge warn', column.tag));
      names.cells[at].append(line);
    });
    const body = table.createTBody();
    for (const cells of job.sample || []) {
      const row = body.insertRow();
      for (const text of cells) {
        const cell = row.insertCell();
        if (text === null) cell.append(make('i', 'null', 'null'));
        else cell.textContent = text;
      }
    }
    return this.region('preview', `First rows of ${this.file.name}`, table);
  }

  rejects(job) {
    const more = make('details', 'stack');
    more.open = true;
    more.append(make('summary', 'sm', `${counted(job.rows_rejected, 'row')} will be left out${job.rows_rejected > job.rejects.length ? `; the first ${job.rejects.length}:` : ':'}`));
    const table = make('table', 'tbl tight');
    this.head(table, ['Line', 'Column', 'Why', 'As it stands in the file']);
    const body = table.createTBody();
    for (const reject of job.rejects) {
      const row = body.insertRow();
      row.insertCell().textContent = grouped(reject.line);
      for (const text of [reject.column || '–', reject.reason, reject.text]) row.insertCell().textContent = text;
      row.cells[0].className = 'num';
      row.cells[3].className = 'mono';
    }
    more.append(this.region('preview', `Rejected rows of ${this.file.name}`, table));
    return more;
  }

  done(job) {
    this.state('ok', 'ok');
    this.bar = null;
    const line = make('p', 'sm mute');
    if (job.state === 'unchanged') line.append('These bytes are in ', this.link(job.name), ' already. Nothing changed.');
    else {
      line.append(`${counted(job.rows_loaded, 'row')}, ${grouped(job.rows_rejected)} rejected, committed to `, this.link(job.name), ` as v${job.version}`);
      if (job.rejects_dataset) line.append(' · ', this.link(job.rejects_dataset));
    }
    this.more.replaceChildren(line);
    refreshDatasets();
  }

  link(name) {
    const a = make('a', '', name);
    a.href = `/explore/${encodeURIComponent(name)}`;
    return a;
  }

  fail(error) {
    this.state('bad', 'bad');
    this.bar = null;
    const fault = error || {code: 'no_answer', message: 'The server did not answer. Is it still running?'};
    const box = make('div', 'error');
    box.setAttribute('role', 'alert');
    const head = make('h3');
    head.append(make('span', 'mono', [fault.http_status, fault.code].filter(Boolean).join(' ')));
    const differences = Array.isArray(fault.details) ? fault.details : [];
    const drifted = fault.code === 'schema_conflict' && differences.length > 0;
    if (drifted) head.append(` ${counted(differences.length, 'column')} differ${differences.length === 1 ? 's' : ''} from ${this.name}`);
    box.append(head, make('p', 'do sm', drifted ? 'Nothing was written. Say where the columns go, or keep the file as a dataset of its own.' : fault.message));
    const line = make('div', 'row wrap');
    if (drifted) {
      const resolve = this.resolve(differences);
      box.append(resolve.node);
      line.append(
        button('Look again with this', 'go', () => { this.mode = 'append'; this.choices = {columns: JSON.stringify(resolve.columns()), missing: 'null'}; this.send(true); }),
        button('Keep as new dataset', '', () => { this.name = `${this.name}_${Math.floor(Date.now() / 1000) % 100000}`; this.mode = 'auto'; this.choices = null; this.send(true); }),
        button(`Replace ${this.name}, columns too`, '', () => { this.mode = 'replace'; this.choices = {schema: 'replace'}; this.send(true); }));
    } else line.append(button('Try again', '', () => this.send(true)));
    line.append(button('Discard', 'quiet', () => this.discard()));
    box.append(line);
    if (fault.request_id) box.append(make('p', 'id', `request ${fault.request_id}`));
    this.more.replaceChildren(box);
  }

  /// What differs, line by line, with a choice for each column that the dataset has not so: another of its columns, or none.
  resolve(differences) {
    const kGone = '\u0000';  // no column can be called so
    const table = make('table', 'tbl');
    this.head(table, ['', `In ${this.file.name}`, 'Goes to', `In ${this.name}`])
      .cells[0].append(make('span', 'vh', 'Change'));
    const body = table.createTBody();
    const halves = (one) => { const parts = one.column.split(' → '); return parts.length === 2 ? parts : null; };
    const free = differences.flatMap((one) => one.change === 'missing' ? [one.column] : one.change === 'renamed' && halves(one) ? [halves(one)[0]] : []);
    const choices = [];
    const typed = (cell, name, type) => { cell.append(name, ' '); if (type) cell.append(make('code', 'dim', typeWords(type))); };
    for (const one of differences) {
      const row = body.insertRow();
      row.className = {added: 'add', missing: 'del'}[one.change] || 'chg';
      row.insertCell().append({added: '+', missing: '−'}[one.change] || '~', make('span', 'vh', one.change));
      const [was, now] = (one.change === 'renamed' && halves(one)) || [one.column, one.column];
      const there = row.insertCell(), goes = row.insertCell(), stored = row.insertCell();
      if (one.change === 'missing') {
        there.append(make('span', 'dim', 'missing'));
        goes.append(make('span', 'dim', 'null, unless a column goes there'));
        typed(stored, was, one.from_type);
        continue;
      }
      typed(there, now, one.to_type);
      if (one.change === 'added') stored.append(make('span', 'dim', 'missing'));
      else typed(stored, was, one.from_type);
      if (one.change === 'moved') { goes.append(make('span', 'dim', 'its column, by name')); continue; }
      const select = make('select', 'in');
      select.setAttribute('aria-label', `Where ${now} goes`);
      const offer = (value, words) => { const option = make('option', '', words); option.value = value; select.append(option); };
      offer(kGone, one.change === 'retyped' ? 'left out: null' : 'left out');
      for (const name of free) offer(name, name);
      if (one.change === 'renamed') select.value = was;
      goes.append(select);
      choices.push([now, select]);
    }
    return {
      node: this.region('diff', 'Columns that differ', table),
      columns: () => Object.fromEntries(choices.map(([name, select]) => [name, select.value === kGone ? null : select.value])),
    };
  }

  end(words) {
    this.state('off', 'x');
    this.bar = null;
    this.more.replaceChildren(make('p', 'sm mute', `${words}; nothing was written`));
  }

  discard() {
    this.row.remove();
    uploads.delete(this);
    showUploads();
  }
}

const uploads = new Set();
function showUploads() {
  const of = (kind) => [...uploads].filter((one) => one.kind === kind).length;
  byId('upload-state').textContent = [[of('ready'), 'ready to add'], [of('run'), 'running'], [of('ok'), 'done'], [of('bad'), 'refused']].filter(([n]) => n).map(([n, words]) => `${n} ${words}`).join(', ');
  const all = byId('add-all');
  if (all) all.hidden = of('ready') < 2;
}

const form = byId('upload-form');
if (form) {
  const drop = byId('drop'), input = byId('files');
  const take = (files) => {
    byId('upload').open = true;
    for (const file of files) uploads.add(new Upload(file, form.dataset.dataset || nameOf(file)));
    byId('jobs').scrollIntoView({block: 'nearest'});
    showUploads();
  };
  const all = button('Add all', 'go tiny', () => document.querySelectorAll('#jobs [data-commit]').forEach((add) => add.click()));
  all.id = 'add-all';
  all.hidden = true;
  byId('jobs').before(all);
  input.addEventListener('change', () => { take(input.files); input.value = ''; });
  form.addEventListener('submit', (event) => event.preventDefault());
  const page = document.body;
  const holdsFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes('Files');
  for (const name of ['dragenter', 'dragover']) page.addEventListener(name, (event) => { if (holdsFiles(event)) { event.preventDefault(); byId('upload').open = true; drop.classList.add('over'); } });
  for (const name of ['dragleave', 'drop']) page.addEventListener(name, () => drop.classList.remove('over'));
  page.addEventListener('drop', (event) => { if (holdsFiles(event)) { event.preventDefault(); take(event.dataTransfer.files); } });
}
fetchAhead();
