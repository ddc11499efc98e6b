'use strict';
// The plain home page: lists datasets, takes files, runs a statement. Everything a user sees of data goes through textContent.

const byId = (id) => document.getElementById(id);
const count = (n) => Number(n).toLocaleString('en-US');
const bytes = (n) => n < 1e3 ? `${n} B` : n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(2)} GB`;

function cell(row, text, className) {
  const td = row.insertCell();
  td.textContent = text === null ? 'null' : typeof text === 'object' ? JSON.stringify(text) : String(text);
  td.title = td.textContent;
  if (text === null) td.className = 'null';
  if (className) td.classList.add(className);
  return td;
}

function showError(target, body) {
  const error = body && body.error ? body.error : {code: 'unavailable', message: 'The server did not answer. Is it still running?'};
  target.replaceChildren();
  const box = document.createElement('div');
  box.className = 'error';
  box.textContent = `${error.message}\n`;
  const code = document.createElement('code');
  code.textContent = [error.code, error.request_id].filter(Boolean).join(' · ');
  box.append(code);
  target.append(box);
  target.hidden = false;
}

async function listDatasets() {
  const response = await fetch('/v1/catalog/datasets');
  const answer = await response.json();
  const rows = byId('rows');
  rows.replaceChildren();
  if (!response.ok) { showError(byId('error'), answer); return; }
  for (const dataset of answer.datasets) {
    const row = rows.insertRow();
    const link = document.createElement('a');
    link.href = `?q=${encodeURIComponent(`SELECT * FROM "${dataset.name}" LIMIT 100`)}#sql`;
    link.textContent = dataset.name;
    row.insertCell().append(link);
    cell(row, count(dataset.head.rows), 'num');
    cell(row, count(dataset.head.schema.columns.length), 'num');
    cell(row, bytes(Number(dataset.head.size_bytes)), 'num');
    cell(row, `v${dataset.head.version}`, 'num');
    const when = new Date(Number(dataset.head.time_micros) / 1000);
    const time = cell(row, when.toISOString().slice(0, 16).replace('T', ' '));
    time.title = when.toString();
  }
  byId('empty').hidden = answer.datasets.length > 0;
  byId('lake').textContent = `lake at ${answer.sequence}`;
}

function nameOf(file) {
  return file.name.toLowerCase().replace(/(\.(csv|tsv|txt|json|ndjson|jsonl|parquet|gz|zst))+$/, '').replace(/[^a-z0-9_]+/g, '_').replace(/^[^a-z]+/, '') || 'data';
}

function upload(file) {
  const line = document.createElement('div');
  line.className = 'job';
  const title = document.createElement('span');
  title.textContent = `${file.name} (${bytes(file.size)})`;
  const bar = document.createElement('progress');
  bar.max = 1;
  bar.value = 0;
  const state = document.createElement('span');
  state.textContent = 'uploading';
  const cancel = document.createElement('button');
  cancel.textContent = 'Cancel';
  line.append(title, bar, state, cancel);
  byId('jobs').prepend(line);

  const form = new FormData();
  form.append('name', nameOf(file));
  form.append('file', file);
  const request = new XMLHttpRequest();
  let job = null;
  request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total / 2; };
  request.onload = () => {
    let answer = null;
    try { answer = JSON.parse(request.responseText); } catch { /* shown as no answer */ }
    if (request.status !== 202) { cancel.remove(); bar.remove(); showError(state, answer); return; }
    job = answer.job.id;
    follow(job, bar, state, cancel);
  };
  request.onerror = () => { cancel.remove(); showError(state, null); };
  request.onabort = () => { cancel.remove(); state.textContent = 'cancelled'; };
  cancel.onclick = () => { if (job) fetch(`/v1/ingest/jobs/${job}`, {method: 'DELETE'}); else request.abort(); };
  request.open('POST', '/v1/ingest?async=1');
  request.send(form);
}

async function follow(id, bar, state, cancel) {
  for (;;) {
    const response = await fetch(`/v1/ingest/jobs/${id}?wait_ms=500`);
    const answer = await response.json();
    if (!response.ok) { cancel.remove(); showError(state, answer); return; }
    const job = answer.job;
    if (job.bytes_total > 0) bar.value = .5 + Math.min(1, job.bytes_done / job.bytes_total) / 2;
    if (job.state === 'queued' || job.state === 'running') {
      state.textContent = [job.stage || job.state, `${count(job.rows_read)} rows`, job.eta_seconds ? `${Math.ceil(job.eta_seconds)} s left` : ''].filter(Boolean).join(' · ');
      continue;
    }
    cancel.remove();
    bar.value = 1;
    if (job.error) { bar.remove(); showError(state, {error: job.error}); return; }
    const rejected = Number(job.rows_rejected) ? ` · ${count(job.rows_rejected)} rejected, see ${job.rejects_dataset}` : '';
    state.textContent = job.state === 'unchanged' ? 'these bytes are in the dataset already' : `${job.state} · ${count(job.rows_loaded)} rows${rejected}`;
    listDatasets();
    return;
  }
}

let running = null;

async function run(statement) {
  if (running) running.abort();
  running = new AbortController();
  byId('error').hidden = true;
  byId('result').replaceChildren();
  byId('stop').hidden = false;
  byId('cost').textContent = 'running';
  const started = performance.now();
  try {
    const response = await fetch('/v1/sql', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({sql: statement, max_rows: 500}), signal: running.signal});
    const answer = await response.json();
    byId('cost').textContent = '';
    if (!response.ok) { showError(byId('error'), answer); return; }
    const ms = Math.round(performance.now() - started);
    byId('cost').textContent = `${count(answer.row_count)} rows${answer.truncated ? ' (first 500)' : ''} · ${ms} ms · lake at ${response.headers.get('X-Lakehouse-Snapshot')}`;
    draw(answer);
  } catch (failure) {
    byId('cost').textContent = failure.name === 'AbortError' ? 'cancelled' : '';
    if (failure.name !== 'AbortError') showError(byId('error'), null);
  } finally {
    byId('stop').hidden = true;
    running = null;
  }
}

function draw(answer) {
  const table = byId('result');
  const numeric = answer.columns.map((column) => /INT|DOUBLE|FLOAT|DECIMAL/.test(column.type) && !/\[/.test(column.type));
  const head = table.createTHead().insertRow();
  answer.columns.forEach((column, at) => {
    const th = document.createElement('th');
    th.scope = 'col';
    th.textContent = column.name;
    th.title = column.type;
    if (numeric[at]) th.className = 'num';
    head.append(th);
  });
  const body = table.createTBody();
  for (const values of answer.rows) {
    const row = body.insertRow();
    values.forEach((value, at) => cell(row, value, numeric[at] ? 'num' : ''));
  }
}

byId('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  const statement = byId('statement').value.trim();
  if (!statement) return;
  history.replaceState(null, '', `?q=${encodeURIComponent(statement)}#sql`);
  run(statement);
});
byId('statement').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) byId('ask').requestSubmit();
});
byId('stop').addEventListener('click', () => running && running.abort());
byId('files').addEventListener('change', (event) => { for (const file of event.target.files) upload(file); event.target.value = ''; });
const drop = byId('drop');
drop.addEventListener('submit', (event) => event.preventDefault());
for (const name of ['dragenter', 'dragover']) drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add('over'); });
for (const name of ['dragleave', 'drop']) drop.addEventListener(name, () => drop.classList.remove('over'));
drop.addEventListener('drop', (event) => { event.preventDefault(); for (const file of event.dataTransfer.files) upload(file); });

const asked = new URLSearchParams(location.search).get('q');
byId('statement').value = asked || 'SHOW TABLES';
listDatasets();
if (asked) run(asked);
