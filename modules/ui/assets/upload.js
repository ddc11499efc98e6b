'use strict';
// Uploads: preview, then commit, with progress and cancel. Uses what ui.js has.
const bytes = (n) => n < 1e3 ? `${n} B` : n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(2)} GB`;
const kTypes = {VARCHAR: 'text', BIGINT: 'int64', INTEGER: 'int32'};
const typeWords = (type) => kTypes[type] || type.toLowerCase();
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
      else if (job.error) this.fail({...job.error, details: job.error.details ? JSON.parse(job.error.details) : null, format: job.format});
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
    this.more.replaceChildren(words, scroll, ...rejects, ...this.documents(job), line);
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

  /// What becomes of each document, where there are several or there is something to say; those first.
  documents(job) {
    const speaks = (file) => file.state === 'rejected' || file.notes.length > 0;
    const told = job.files.filter(speaks);
    if (!told.length && job.files.length < 2) return [];
    const shown = [...told, ...job.files.filter((file) => !speaks(file))].slice(0, 200);
    const more = make('details', 'stack');
    more.open = told.length > 0;
    more.append(make('summary', 'sm', `${counted(job.files.length, 'document')}${shown.length < job.files.length ? `; the first ${shown.length}:` : ':'}`));
    const table = make('table', 'tbl tight documents');
    this.head(table, ['Document', 'Outcome', 'Pages', 'What there is to say']);
    const body = table.createTBody();
    for (const file of shown) {
      const row = body.insertRow();
      for (const text of [file.uri, job.state === 'previewed' && file.state === 'loaded' ? 'readable' : file.state, file.pages ? grouped(file.pages) : '', file.notes.join(' · ')])
        row.insertCell().textContent = text;
      row.cells[2].className = 'num';
    }
    more.append(this.region('preview', `Documents of ${this.file.name}`, table));
    return [more];
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
    this.more.replaceChildren(line, ...this.documents(job));
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
      const resolve = this.resolve(differences, /^[ct]sv$/.test(fault.format));
      box.append(resolve.node);
      line.append(
        button('Look again with this', 'go', () => { this.mode = 'append'; this.choices = {columns: JSON.stringify(resolve.columns()), missing: 'null', ...(resolve.casts() ? {misfits: 'reject'} : {})}; this.send(true); }),
        button('Keep as new dataset', '', () => { this.name = `${this.name}_${Math.floor(Date.now() / 1000) % 100000}`; this.mode = 'auto'; this.choices = null; this.send(true); }),
        button(`Replace ${this.name}, columns too`, '', () => { this.mode = 'replace'; this.choices = {schema: 'replace'}; this.send(true); }));
    } else line.append(button('Try again', '', () => this.send(true)));
    line.append(button('Discard', 'quiet', () => this.discard()));
    box.append(line);
    if (fault.request_id) box.append(make('p', 'id', `request ${fault.request_id}`));
    this.more.replaceChildren(box);
  }

  /// What differs, line by line, with a choice for each column that the dataset has not so: another of its columns, or none; of another
  /// type, its own too when rows that do not fit can be kept aside.
  resolve(differences, canCast) {
    const kGone = '\u0000';  // no column can be called so
    const table = make('table', 'tbl');
    this.head(table, ['', `In ${this.file.name}`, 'Goes to', `In ${this.name}`])
      .cells[0].append(make('span', 'vh', 'Change'));
    const body = table.createTBody();
    const halves = (one) => { const parts = one.column.split(' → '); return parts.length === 2 ? parts : null; };
    const free = differences.flatMap((one) => one.part_of ? [] : one.change === 'missing' ? [one.column] : one.change === 'renamed' && halves(one) ? [halves(one)[0]] : []);
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
        goes.append(make('span', 'dim', one.part_of ? 'nowhere' : 'null, unless a column goes there'));
        typed(stored, was, one.from_type);
        continue;
      }
      typed(there, now, one.to_type);
      if (one.change === 'added') stored.append(make('span', 'dim', 'missing'));
      else typed(stored, was, one.from_type);
      if (one.part_of) { goes.append(make('span', 'dim', 'nowhere: mend the file, or replace the table')); continue; }
      if (one.change === 'moved') { goes.append(make('span', 'dim', 'its column, by name')); continue; }
      const select = make('select', 'in');
      select.setAttribute('aria-label', `Where ${now} goes`);
      const offer = (value, words) => { const option = make('option', '', words); option.value = value; select.append(option); };
      const casts = one.change === 'retyped' && canCast;
      if (casts) offer(was, `as ${typeWords(one.from_type)}; misfits kept aside`);
      offer(kGone, one.change === 'retyped' ? 'left out: null' : 'left out');
      for (const name of free) offer(name, name);
      if (one.change === 'renamed') select.value = was;
      goes.append(select);
      choices.push([now, select, casts && was]);
    }
    return {
      node: this.region('diff', 'Columns that differ', table),
      casts: () => choices.some(([, select, cast]) => cast && select.value === cast),
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
