'use strict';
// The editor of the SQL page: colours behind a plain textarea, completion, run, cancel, the fault underlined at its place.

const kKeywords = ('select from where group by order having limit offset join left right full inner outer cross on using as and or not in is null like ilike between case when then else end '
  + 'distinct union all except intersect with recursive values asc desc nulls first last over partition rows range unbounded preceding following current row filter qualify exists any cast true false '
  + 'interval date time timestamp describe summarize explain show tables at version sample pivot unpivot lateral natural semi anti asof within').split(' ');
const kKeywordSet = new Set(kKeywords);
const kToken = /(--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|('(?:[^']|'')*'?)|("(?:[^"]|"")*"?)|(\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)|([\p{L}_][\p{L}\p{N}_]*)|([\s\S])/giu;

function colour(target, text, fault) {
  target.replaceChildren();
  let at = 0, plain = '';
  const octet = new TextEncoder();
  let octets = 0;
  const flush = () => { if (plain) target.append(plain); plain = ''; };
  const put = (className, piece) => {
    flush();
    const span = document.createElement('span');
    span.className = className;
    span.textContent = piece;
    target.append(span);
  };
  let marked = fault === null;
  for (const match of text.matchAll(kToken)) {
    const piece = match[0];
    let className = '';
    if (match[1]) className = 'c';
    else if (match[2]) className = 's';
    else if (match[4]) className = 'n';
    else if (match[5]) {
      const word = piece.toLowerCase();
      if (kKeywordSet.has(word)) className = 'k';
      else if (/^\s*\(/.test(text.slice(at + piece.length, at + piece.length + 20))) className = 'f';
    }
    const length = octet.encode(piece).length;
    if (!marked && octets + length > fault && piece.trim()) { className += ' err'; marked = true; }
    if (className) put(className.trim(), piece); else plain += piece;
    at += piece.length;
    octets += length;
  }
  flush();
  if (!marked) put('err', ' ');
  target.append('\n');
}

const kWord = /[\p{L}\p{N}_.]*$/u;

document.addEventListener('alpine:init', () => {
  window.Alpine.data('editor', () => ({
    open: false,
    offers: [],
    picked: 0,
    names: null,
    functions: [],
    start: 0,

    init() {
      this.area = document.getElementById('q');
      this.paint = document.getElementById('paint');
      this.lines = document.getElementById('lines');
      this.list = document.getElementById('offers');
      this.list.hidden = false;
      this.fault = null;
      this.area.closest('.editor').classList.add('live');
      this.form = document.getElementById('ask');
      this.readFault();
      if (matchMedia('(pointer: fine)').matches && !location.hash) this.area.focus({preventScroll: true});
      document.addEventListener('lakehouse:insert', (event) => this.insert(event.detail));
      document.addEventListener('htmx:beforeRequest', (event) => { if (event.target === this.form) this.running(true); });
      document.addEventListener('htmx:afterRequest', (event) => { if (event.target === this.form) this.running(false); });
      document.addEventListener('htmx:afterSettle', () => this.readFault());
      document.getElementById('cancel').addEventListener('click', () => this.cancel());
      document.getElementById('explain').addEventListener('click', () => {
        const sql = this.area.value.trim();
        if (sql) window.htmx.ajax('GET', `/sql/result?q=${encodeURIComponent(/^explain\b/i.test(sql) ? sql : `EXPLAIN ${sql}`)}&ahead=1`, {target: '#result'});
      });
    },

    running(now) {
      document.getElementById('cancel').hidden = !now;
      const state = document.getElementById('run-state'), since = performance.now();
      clearInterval(this.ticks);
      state.textContent = now ? 'Running' : '';
      if (now) {
        this.fault = null;
        this.ticks = setInterval(() => { state.textContent = `Running · ${((performance.now() - since) / 1000).toFixed(1)} s`; }, 200);
      }
    },

    cancel() {
      if (document.getElementById('cancel').hidden) return;
      window.htmx.trigger(this.form, 'htmx:abort');
      this.running(false);
      document.getElementById('run-state').textContent = 'Cancelled';
    },

    readFault() {
      const place = document.getElementById('sql-fault')?.dataset.position;
      this.fault = place === undefined ? null : Number(place);
      this.draw();
    },

    draw() {
      colour(this.paint, this.area.value, this.fault);
      this.lines.textContent = this.area.value.split('\n').map((_, at) => at + 1).join('\n') + '\n';
      this.scrolled();
    },

    scrolled() {
      this.paint.scrollTop = this.lines.scrollTop = this.area.scrollTop;
      this.paint.scrollLeft = this.area.scrollLeft;
    },

    async typed() {
      this.fault = null;
      this.draw();
      if (!this.names) {
        this.names = {};
        const load = (address, none) => fetch(address).then((answer) => answer.ok ? answer.json() : none, () => none);
        [this.names, this.functions] = await Promise.all([load('/sql/names.json', {}), load('/sql/functions.json', [])]);
      }
      this.offer();
    },

    offer() {
      const before = this.area.value.slice(0, this.area.selectionStart);
      const word = before.match(kWord)[0];
      this.start = before.length - word.length;
      const found = word.length ? this.candidates(word) : [];
      this.open = found.length > 0 && !(found.length === 1 && found[0].text.toLowerCase() === word.toLowerCase());
      this.picked = 0;
      this.offers = found.map((one, at) => ({...one, at, id: `offer-${at}`, picked: at === 0}));
      if (!this.open) return this.leave();
      const style = getComputedStyle(this.area);
      const lines = before.split('\n');
      const width = this.charWidth(style);
      const left = parseFloat(style.paddingLeft) + (lines.at(-1).length - word.length) * width - this.area.scrollLeft;
      this.list.style.left = `${Math.max(0, Math.min(left, this.area.clientWidth - 240))}px`;
      this.list.style.top = `${parseFloat(style.paddingTop) + lines.length * parseFloat(style.lineHeight) - this.area.scrollTop}px`;
      this.area.setAttribute('aria-activedescendant', 'offer-0');
      return undefined;
    },

    charWidth(style) {
      const canvas = document.createElement('canvas').getContext('2d');
      canvas.font = style.font;
      return canvas.measureText('m').width;
    },

    candidates(word) {
      const wanted = word.toLowerCase();
      const quoted = (name) => /^[a-z_][a-z0-9_]*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
      const found = [];
      const dot = word.lastIndexOf('.');
      if (dot >= 0) {
        const alias = wanted.slice(0, dot), rest = wanted.slice(dot + 1);
        const table = this.tableOf(alias);
        for (const name of this.names[table] || []) if (name.toLowerCase().startsWith(rest)) found.push({text: `${word.slice(0, dot + 1)}${quoted(name)}`, kind: 'column'});
        return found.slice(0, 10);
      }
      const used = new Set(this.area.value.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_-]*/gu));
      const columns = new Set();
      for (const [table, names] of Object.entries(this.names)) {
        if (table.toLowerCase().startsWith(wanted)) found.push({text: quoted(table), kind: 'table'});
        if (used.has(table.toLowerCase())) for (const name of names) if (name.toLowerCase().startsWith(wanted)) columns.add(name);
      }
      const own = [...columns].map((name) => ({text: quoted(name), kind: 'column'}));
      const rest = [...this.functions.filter((name) => name.startsWith(wanted)).map((name) => ({text: `${name}(`, kind: 'function'})),
        ...kKeywords.filter((name) => name.startsWith(wanted) && name !== wanted).map((name) => ({text: name.toUpperCase(), kind: 'keyword'}))];
      return [...own, ...found, ...rest].slice(0, 10);
    },

    tableOf(alias) {
      const exact = Object.keys(this.names).find((name) => name.toLowerCase() === alias);
      if (exact) return exact;
      const match = this.area.value.match(new RegExp(`([\\p{L}_][\\p{L}\\p{N}_-]*)"?\\s+(?:as\\s+)?${alias.replace(/[^\p{L}\p{N}_]/gu, '')}\\b`, 'iu'));
      return match ? Object.keys(this.names).find((name) => name.toLowerCase() === match[1].toLowerCase()) : undefined;
    },

    pressed(event) {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.leave();
        this.form.requestSubmit();
        return;
      }
      if (event.key === 'Escape') {
        event.stopPropagation();
        if (this.open) this.leave(); else this.cancel();
        return;
      }
      if (!this.open) return;
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        this.pick((this.picked + (event.key === 'ArrowDown' ? 1 : this.offers.length - 1)) % this.offers.length);
      } else if (event.key === 'Tab' || event.key === 'Enter') {
        event.preventDefault();
        this.complete(this.offers[this.picked].text);
      }
    },

    pick(at) {
      this.picked = at;
      this.offers = this.offers.map((one) => ({...one, picked: one.at === at}));
      this.area.setAttribute('aria-activedescendant', `offer-${at}`);
    },

    take(event) {
      const item = event.target.closest('[data-at]');
      if (item) this.complete(this.offers[Number(item.dataset.at)].text);
    },

    complete(text) {
      this.area.setRangeText(text, this.start, this.area.selectionStart, 'end');
      this.leave();
      this.draw();
    },

    insert(text) {
      this.area.focus();
      this.area.setRangeText(/^[a-z_][a-z0-9_]*$/i.test(text) ? text : `"${text.replaceAll('"', '""')}"`, this.area.selectionStart, this.area.selectionEnd, 'end');
      this.leave();
      this.draw();
    },

    leave() {
      this.open = false;
      this.area.removeAttribute('aria-activedescendant');
    },
  }));
});

document.addEventListener('click', (event) => {
  const field = event.target.closest('[data-insert]');
  if (field) document.dispatchEvent(new CustomEvent('lakehouse:insert', {detail: field.dataset.insert}));
});

// The grid of a large result: the rows in sight are in the page, the others are room above and below. A hundred at a time are
// fetched as they come near, and forgotten again.
class Grid {
  static kPage = 100;
  static kKept = 40;

  constructor(box) {
    this.box = box;
    this.total = Number(box.dataset.rows);
    this.body = box.querySelector('tbody');
    const first = Number(box.dataset.first);
    this.pages = new Map([[first / Grid.kPage, [...this.body.rows]]]);
    this.height = this.body.rows[0].getBoundingClientRect().height;
    // Widths stay as the first rows have them, or the columns would jump.
    const heads = [...box.querySelectorAll('th')];
    const widths = heads.map((th) => th.getBoundingClientRect().width);
    heads.forEach((th, at) => { th.style.width = th.style.minWidth = th.style.maxWidth = `${Math.ceil(widths[at])}px`; });
    const table = box.querySelector('table');
    table.style.tableLayout = 'fixed';
    table.style.width = `${Math.ceil(widths.reduce((sum, one) => sum + one, 0))}px`;
    table.setAttribute('aria-rowcount', this.total + 1);
    this.above = this.gap(heads.length);
    this.below = this.gap(heads.length);
    const pager = document.querySelector('.pager');
    pager?.querySelectorAll('a').forEach((link) => link.remove());
    this.asked = 0;
    box.addEventListener('scroll', () => { if (!this.asked) this.asked = requestAnimationFrame(() => { this.asked = 0; this.show(); }); }, {passive: true});
    this.show(first);
    if (first > 0) box.scrollTop = first * this.height;
  }

  gap(span) {
    const row = document.createElement('tr');
    row.className = 'gap';
    row.setAttribute('aria-hidden', 'true');
    row.append(document.createElement('td'));
    row.firstChild.colSpan = span;
    return row;
  }

  async fetch(page) {
    this.pages.set(page, null);
    const address = new URL(this.box.dataset.piece, location.href);
    address.searchParams.set('page', page + 1);
    const html = await fetch(address).then((answer) => answer.ok ? answer.text() : null, () => null);
    if (html === null) { this.pages.delete(page); return; }
    const holder = document.createElement('template');
    holder.innerHTML = `<table><tbody>${html}</tbody></table>`;  // the server's own page, escaped there
    this.pages.set(page, [...holder.content.querySelectorAll('tr')]);
    for (const old of this.pages.keys()) if (this.pages.size > Grid.kKept && Math.abs(old - page) > 4) this.pages.delete(old);
    if (this.box.isConnected) this.show();
  }

  show(from) {
    const top = from ?? Math.floor(this.box.scrollTop / this.height);
    const seen = Math.ceil(this.box.clientHeight / this.height);
    const last = Math.ceil(this.total / Grid.kPage) - 1;
    const first = Math.min(last, Math.max(0, Math.floor((top - 20) / Grid.kPage)));
    const end = Math.min(last, Math.floor((top + seen + 20) / Grid.kPage));
    const rows = [];
    for (let page = first; page <= end; ++page) {
      const there = this.pages.get(page);
      if (there) { rows.push(...there); continue; }
      if (there === undefined) this.fetch(page);
      const room = this.gap(this.above.firstChild.colSpan);
      room.firstChild.style.height = `${Math.min(Grid.kPage, this.total - page * Grid.kPage) * this.height}px`;
      rows.push(room);
    }
    this.above.firstChild.style.height = `${first * Grid.kPage * this.height}px`;
    this.below.firstChild.style.height = `${Math.max(0, this.total - (end + 1) * Grid.kPage) * this.height}px`;
    this.body.replaceChildren(this.above, ...rows, this.below);
    this.tell(Math.min(top, this.total - 1), Math.min(this.total, top + Math.max(1, seen - 1)));
  }

  /// Where one is stands below the grid, and in the address.
  tell(top, end) {
    const grouped = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
    document.getElementById('range').textContent = `${grouped(top + 1)}–${grouped(end)} of ${grouped(this.total)}`;
    clearTimeout(this.telling);
    this.telling = setTimeout(() => {
      const address = new URL(location.href), page = Math.floor(top / Grid.kPage) + 1;
      if (!this.box.isConnected || address.pathname !== '/sql' || !address.searchParams.has('q')) return;
      if (page > 1) address.searchParams.set('page', page); else address.searchParams.delete('page');
      history.replaceState(history.state, '', address);
    }, 250);
  }
}

function growGrid() {
  const box = document.getElementById('grid');
  if (!box || box.grid || Number(box.dataset.rows) <= Grid.kPage || !box.querySelector('tbody tr')) return;
  box.grid = new Grid(box);
}
document.addEventListener('htmx:afterSettle', growGrid);
document.addEventListener('lakehouse:paged', growGrid);
growGrid();

// A link to a statement of the history, to be shared.
document.addEventListener('click', async (event) => {
  const share = event.target.closest('[data-share]');
  if (!share) return;
  event.preventDefault();
  try {
    await navigator.clipboard.writeText(new URL(share.dataset.share, location.href).href);
    share.textContent = 'Copied';
  } catch {
    share.textContent = 'Not allowed';
  }
});
