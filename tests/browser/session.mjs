// The first session of a person, in a browser. Usage: session.mjs URL DIRECTORY [NAUGHTY_STRINGS.json]
// Prints one line per step and exits with 1 when a step is not as it should be.
import assert from 'node:assert/strict';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';

import {Browser} from './browser.mjs';
import {makeSteps} from './steps.mjs';

const [url, directory, naughtyPath] = process.argv.slice(2);
const browser = await Browser.open(url);
const page = browser.page;
const {step, silent, accessible, fits, count} = await makeSteps(browser, directory);

const people = 'id,name,city,rate\n' + Array.from({length: 400}, (_, i) => `${i + 1},Person ${i + 1},${['Gary', 'Joliet', 'Chicago', 'Aurora'][(i * i) % 4]},${(15 + i % 37 / 2).toFixed(2)}\n`).join('');
const files = {
  'people.csv': people,
  'orders.csv': 'order_id,site,ordered,quantity\n1,Gary,2026-11-02,12\n2,Joliet,2026-11-03,7\n3,Gary,2026-11-04\n4,Hammond,2026-11-05,30\n',
  'notes.ndjson': '{"id":1,"text":"first"}\n{"id":2,"text":"second"}\n',
};
for (const [name, content] of Object.entries(files)) await writeFile(path.join(directory, name), content);

/// Drops files on the page, as a hand would.
async function drop(contents) {
  const transfer = await page.evaluateHandle((given) => {
    const data = new DataTransfer();
    for (const [name, content] of Object.entries(given)) data.items.add(new File([content], name));
    return data;
  }, contents);
  await page.dispatchEvent('#drop', 'dragenter', {dataTransfer: transfer});
  await page.dispatchEvent('#drop', 'drop', {dataTransfer: transfer});
}

await step('an empty lake says what to do', async () => {
  await page.goto('/');
  assert.match(await page.textContent('#main'), /There is no dataset yet/);
  await accessible();
  await page.click('#main a[href^="/explore"]');
  await page.waitForURL('**/explore**');
  assert.match(await page.textContent('#main'), /No dataset yet/);
  await accessible();
  await silent();
});

await step('three dropped files show what they hold before anything is committed', async () => {
  await drop(files);
  await page.waitForFunction(() => document.querySelectorAll('.file.ready').length === 3);
  assert.match(await page.textContent('#jobs'), /1 rejected/);
  const list = await (await page.request.get('/explore.json')).json();
  assert.equal(list.total, 0, 'nothing is written yet');
  await accessible();
});

await step('added all at once, they are datasets', async () => {
  await page.click('#add-all');
  await page.waitForFunction(() => document.querySelectorAll('.file.ok').length === 3);
  await page.waitForSelector('#datasets-list a[href="/explore/people"]');
  await page.waitForSelector('#datasets-list a[href="/explore/orders_rejects"]');
  await silent();
});

await step('a file that drifted is refused with the difference, told where its columns go, looked at, and appended', async () => {
  await page.goto('/explore/people?upload=1');
  await drop({'people_new.csv': 'town,id,name,remark\nGary,1001,Ana,new\nJoliet,1002,Bo,\n'});
  await page.waitForSelector('.file.bad .diff');
  const diff = await page.textContent('.file.bad .diff');
  for (const word of [/town/, /rate/, /remark/]) assert.match(diff, word);
  await accessible();
  assert.equal(await page.inputValue('select[aria-label="Where remark goes"]'), '\u0000', 'what nobody asked for is left out');
  await page.selectOption('select[aria-label="Where town goes"]', 'city');
  await page.getByRole('button', {name: 'Look again with this'}).click();
  await page.waitForSelector('.file.ready [data-commit]');
  assert.deepEqual(await page.$$eval('.file.ready .preview tbody tr', (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))),
    [['1001', 'Ana', 'Gary', 'null'], ['1002', 'Bo', 'Joliet', 'null']]);
  await accessible();
  await page.getByRole('button', {name: 'Append to people'}).click();
  await page.waitForSelector('.file.ok');
  const twin = await (await page.request.get('/explore/people.json?f.id=gt.1000')).json();
  assert.equal(twin.total_rows, 2);
  await silent();
});

await step('a column of another type goes where its values fit, and the rows that do not are kept aside', async () => {
  await page.goto('/explore/orders?upload=1');
  await drop({'orders_odd.csv': 'order_id,site,ordered,quantity\n11,Gary,2026-11-06,a dozen\n12,Joliet,2026-11-07,some\n13,Gary,2026-11-08,4\n'});
  await page.waitForSelector('.file.bad .diff');
  assert.match(await page.textContent('.file.bad .diff tr.chg'), /quantity/);
  assert.equal(await page.inputValue('select[aria-label="Where quantity goes"]'), 'quantity');
  await page.getByRole('button', {name: 'Look again with this'}).click();
  await page.waitForSelector('.file.ready [data-commit]');
  assert.match(await page.textContent('.file.ready'), /2 rows will be left out/);
  await accessible();
  await page.getByRole('button', {name: 'Append to orders'}).click();
  await page.waitForSelector('.file.ok');
  assert.equal((await (await page.request.get('/explore/orders.json?f.order_id=gt.10')).json()).total_rows, 1);
  await silent();
});

await step('what is said of a document that was dropped is told before it is taken', async () => {
  const part = (type, text) => `--b\nContent-Type: ${type}\n\n${text}\n`;
  await page.goto('/explore?upload=1');
  await drop({'plan.eml': `Subject: the plan\nContent-Type: multipart/mixed; boundary=b\n\n${part('text/plain', 'see below')}${part('text/markdown; name=plan.md', '# Plan')}${part('image/png; name=logo.png', 'no picture')}--b--\n`});
  await page.waitForSelector('.file.ready .documents');
  const told = await page.$$eval('.file.ready .documents tbody tr', (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.deepEqual(told.map((row) => row.slice(0, 2)), [['plan.eml', 'readable'], ['plan.eml/plan.md', 'readable']]);
  assert.match(told[0][3], /logo\.png/);
  await accessible();
  await page.getByRole('button', {name: 'Discard'}).click();
  await silent();
});

await step('a file of other columns replaces the dataset, and the version before is restored', async () => {
  await page.goto('/explore/notes?upload=1');
  await drop({'notes.csv': 'nr,remark\n1,other\n'});
  await page.waitForSelector('.file.bad .diff');
  await page.getByRole('button', {name: 'Replace notes, columns too'}).click();
  await page.waitForSelector('.file.ready');
  await page.getByRole('button', {name: 'Replace notes'}).click();
  await page.waitForSelector('.file.ok');
  await page.goto('/explore/notes?tab=history');
  await page.click('[aria-label="Diff: what version 2 changed"]');
  assert.match(await page.textContent('#diff'), /remark/);
  await page.click('[aria-label="Restore version 1"]');
  await page.waitForSelector('.note[role=status]');
  assert.deepEqual((await (await page.request.get('/explore/notes.json?tab=schema')).json()).columns.map((column) => column.name), ['id', 'text']);
  await silent();
});

await step('the dataset page filters, sorts, counts and keeps all of it in its address', async () => {
  await page.goto('/explore/people?f.city=eq.Gary&sort=-rate');
  assert.match(await page.textContent('.filters'), /city = Gary/);
  assert.equal(await page.getAttribute('th[aria-sort=descending] a', 'href').then((href) => href.includes('f.city=eq.Gary')), true);
  assert.ok(await page.locator('#rows .hist rect').count() > 10, 'histograms are drawn');
  const twin = await (await page.request.get('/explore/people.json?f.city=eq.Gary&sort=-rate')).json();
  assert.equal(twin.rows.every((row) => row.cells[2].value === 'Gary'), true);
  await accessible();
  await silent();
});

await step('a dataset that is swapped under one who looks says so', async () => {
  await page.goto('/explore/notes');
  assert.match(await page.textContent('h1 ~ .badge.acc'), /swapped/, 'it was restored just now');
  const list = await browser.context.newPage();
  browser.watch(list);
  await list.goto('/explore');
  const before = (await (await page.request.get('/explore/notes.json')).json()).version;
  const sent = await page.request.post('/v1/ingest?name=notes&file_name=more.ndjson', {data: '{"id":3,"text":"third"}\n', headers: {'Content-Type': 'application/octet-stream'}});
  assert.ok(sent.ok(), await sent.text());
  await page.waitForFunction((now) => document.querySelector('#swaps')?.textContent.includes(`notes is at v${now} now`), before + 1);
  await list.waitForFunction(() => document.querySelector('#swaps')?.textContent.includes('notes is at'));
  await accessible();
  await page.click('#swaps a');
  await page.waitForFunction((now) => document.querySelector('.stats').textContent.includes(`v${now}`), before + 1);
  assert.equal(await page.locator('#swaps a').count(), 0, 'one looks at the newest');
  await list.close();
  await silent();
});

await step('a statement runs with Ctrl+Enter and comes with a chart', async () => {
  await page.goto('/sql');
  await page.fill('#q', 'SELECT city, count(*) AS n FROM people GROUP BY city ORDER BY n DESC');
  await page.press('#q', 'Control+Enter');
  await page.waitForSelector('#chart svg');
  assert.match(page.url(), /q=SELECT/);
  await accessible();
  await silent();
});

await step('completion offers tables and columns', async () => {
  await page.fill('#q', '');
  await page.locator('#q').pressSequentially('SELECT na FROM peo');
  await page.waitForSelector('#offers li');
  assert.match(await page.textContent('#offers'), /people/);
  await page.press('#q', 'Tab');
  assert.equal(await page.inputValue('#q'), 'SELECT na FROM people');
  await page.fill('#q', '');
  await page.locator('#q').pressSequentially('SELECT levens');
  await page.waitForFunction(() => document.querySelector('#offers').textContent.includes('levenshtein('), null);
  await silent();
});

await step('an error is underlined where it is', async () => {
  await page.fill('#q', 'SELECT id,\n  nme FROM people');
  await page.press('#q', 'Control+Enter');
  await page.waitForSelector('#sql-fault');
  assert.match(await page.textContent('#sql-fault'), /nme/);
  assert.equal(await page.textContent('#paint .err'), 'nme');
  for (const [sql, mark, place] of [["SELECT 'größe 日本 😀',\n 'ß', nme FROM people", 'nme', 'line 2, column 7'], ["SELECT 'größe 日本 😀' AS x FROM people GROUP WHERE", 'WHERE', 'line 1, column 44']]) {
    await page.fill('#q', sql);
    await page.press('#q', 'Control+Enter');
    await page.waitForFunction((words) => document.querySelector('#sql-fault')?.textContent.includes(words), place);
    assert.deepEqual([await page.textContent('#paint .err'), await page.textContent('#sql-fault .err')], [mark, mark], sql);
  }
  await accessible();
  await silent(/status of 400/);
});

await step('a hundred thousand rows scroll without a page of them in memory', async () => {
  await page.goto(`/sql?q=${encodeURIComponent('SELECT n, n * 2 AS twice FROM range(100000) AS r(n)')}`);
  await page.waitForFunction(() => document.querySelector('#grid').grid !== undefined);
  assert.match(await page.textContent('#range'), /^1–\d+ of 100,000/);
  const seen = () => page.evaluate(() => {
    const box = document.querySelector('#grid').getBoundingClientRect();
    const row = document.elementFromPoint(box.left + 60, box.top + box.height / 2)?.closest('tr');
    return row && !row.classList.contains('gap') ? row.cells[1].textContent : null;
  });
  for (const share of [.5, .123, 1, 0]) {
    await page.evaluate((part) => { const box = document.querySelector('#grid'); box.scrollTop = (box.scrollHeight - box.clientHeight) * part; }, share);
    await page.waitForFunction((part) => {
      const box = document.querySelector('#grid'), {left, top, height} = box.getBoundingClientRect();
      const row = document.elementFromPoint(left + 60, top + height / 2)?.closest('tbody tr:not(.gap)');
      return row && Math.abs(Number(row.cells[1].textContent.replaceAll(',', '')) - 99_999 * part) < 40;
    }, share);
    assert.ok(await page.locator('#grid tbody tr').count() < 600, 'only rows near those in sight are in the page');
  }
  assert.ok(await seen());
  await page.evaluate(() => { document.querySelector('#grid').scrollTop = 60_000 * document.querySelector('#grid').grid.height; });
  await page.waitForFunction(() => location.search.includes('page=601'));
  await page.reload();
  await page.waitForFunction(() => document.querySelector('#grid')?.grid && document.querySelector('#range').textContent.startsWith('60,001'));
  await page.click('#grid th a');
  await page.waitForSelector('#grid th[aria-sort=ascending]');
  await page.click('#grid th a');
  await page.waitForSelector('#grid th[aria-sort=descending]');
  assert.match(await page.textContent('#grid tbody'), /99,999/);
  await accessible();
  await silent();
});

await step('what was run stands in the history, with a link', async () => {
  await page.goto('/sql');
  await page.click('#history > summary');
  await page.locator('#history a', {hasText: 'range(100000)'}).first().click();
  await page.waitForSelector('#grid');
  assert.match(await page.inputValue('#q'), /range\(100000\)/);
  await silent();
});

await step('a running query can be cancelled', async () => {
  await page.goto('/sql');
  await page.fill('#q', 'SELECT count(*) FROM range(10000000000) AS a(x) WHERE hash(x) % 7 = 3');
  await page.press('#q', 'Control+Enter');
  await page.waitForSelector('#cancel:not([hidden])');
  await page.click('#cancel');
  await page.waitForSelector('#cancel', {state: 'hidden'});
  assert.match(await page.textContent('#run-state'), /Cancelled/);
  await silent(/^htmx:(afterRequest|sendAbort)/);
});

await step('a result downloads as CSV', async () => {
  await page.goto(`/sql?q=${encodeURIComponent('SELECT id, name FROM people ORDER BY id LIMIT 3')}`);
  const waiting = page.waitForEvent('download');
  await page.click('#result a[href*="format=csv"]');
  const file = await (await waiting).path();
  assert.equal(await readFile(file, 'utf8'), 'id,name\n1,Person 1\n2,Person 2\n3,Person 3\n'.replaceAll('\n', (await readFile(file, 'utf8')).includes('\r\n') ? '\r\n' : '\n'));
  for (const format of ['parquet', 'arrow', 'json']) assert.equal((await page.request.get(`/sql/download?q=SELECT+1+AS+a&format=${format}`)).status(), 200);
  await silent();
});

await step('a result is saved as a dataset', async () => {
  await page.goto(`/sql?q=${encodeURIComponent('SELECT city, count(*) AS n FROM people GROUP BY city')}`);
  await page.click('details.right:has(form) > summary');
  await page.fill('details.right input[name=name]', 'by_city');
  await page.click('details.right .btn.go');
  await page.waitForURL('**/explore/by_city');
  await silent();
});

await step('a replaced dataset is restored from its history', async () => {
  await page.goto('/explore/people?upload=1');
  await drop({'people.csv': 'id,name,city,rate\n1,Nobody,Gary,1.25\n'});
  await page.waitForSelector('.file.ready');
  await page.getByRole('button', {name: 'Replace people'}).click();
  await page.waitForSelector('.file.ok');
  await page.goto('/explore/people?tab=history');
  await page.click('[aria-label="Diff: what version 3 changed"]');
  assert.match(await page.textContent('#diff'), /-401|−401/);
  await page.click('[aria-label="Restore version 2"]');
  await page.waitForSelector('.note[role=status]');
  assert.match(await page.textContent('.stats'), /402/);
  await silent();
});

await step('a provoked failure is found in System', async () => {
  const refused = await page.request.post('/v1/sql', {data: {sql: "SELECT * FROM read_csv('/etc/passwd')"}});
  assert.equal(refused.status(), 403);
  const request = (await refused.json()).error.request_id;
  await page.goto('/system');
  assert.ok((await page.textContent('#failures')).includes(request), 'the request id is there');
  const next = (await (await page.request.post('/v1/sql', {data: {sql: "SELECT * FROM read_csv('/etc/shadow')"}})).json()).error.request_id;
  await page.waitForFunction((id) => document.querySelector('#failures').textContent.includes(id), next);
  assert.equal(await page.textContent('#live'), 'live', 'it came by the stream');
  await accessible();
  await page.goto('/system?doctor=1');
  assert.match(await page.textContent('#doctor'), /worker/);
  await page.click('text=Check the lake');
  assert.match(await page.textContent('#fsck'), /clean: [\d,]+ records?, [\d,]+ files?/);
  assert.match(await page.textContent('#care'), /Garbage.*Scrub/s);
  await accessible();
  await page.goto('/system/configuration');
  await accessible();
  await silent();
});

await step('the docs are there, and the API can be tried', async () => {
  await page.goto('/docs');
  await accessible();
  await page.goto('/docs/api');
  await page.click('#post-v1-sql > summary');
  await page.fill('#post-v1-sql textarea', '{"sql":"SELECT 42 AS answer"}');
  await page.click('#post-v1-sql button');
  await page.waitForFunction(() => document.querySelector('#post-v1-sql .answer').textContent.includes('42'));
  await accessible();
  await page.goto('/docs/api#get-v1-queries');
  await page.waitForSelector('#get-v1-queries[open] form.try [data-name=limit]');
  await page.goto('/docs/api/get-v1-queries');
  await page.click('form.try button');
  await page.waitForFunction(() => document.querySelector('.answer').textContent.startsWith('200'));
  assert.equal((await page.request.get('/docs/api/get-v1-nothing')).status(), 404);
  await silent();
});

if (naughtyPath) {
  await step('names and cells of strangers stay text', async () => {
    const naughty = JSON.parse(await readFile(naughtyPath, 'utf8')).filter((text) => text && !text.includes('\u0000'));
    const rows = naughty.map((text, i) => JSON.stringify({id: i, text}));
    const wide = JSON.stringify(Object.fromEntries(naughty.filter((text) => /[<>"'&]/.test(text) && text.length < 200).map((text) => [text, text])));
    for (const [name, body] of [['naughty_cells', rows.join('\n')], ['naughty_names', wide]]) {
      const answer = await page.request.post(`/v1/ingest?name=${name}&format=ndjson&file_name=${name}.ndjson`, {data: body, headers: {'Content-Type': 'application/octet-stream'}});
      assert.ok(answer.ok(), `${name}: ${answer.status()} ${await answer.text()}`);
    }
    let dialogs = 0;
    page.on('dialog', (dialog) => { dialogs += 1; dialog.dismiss(); });
    for (const address of ['/explore/naughty_cells', '/explore/naughty_cells?page=3', '/explore/naughty_cells?facet=text', '/explore/naughty_names', '/explore/naughty_names?tab=schema', '/explore/naughty_names?c=24', `/sql?q=${encodeURIComponent('SELECT * FROM naughty_cells')}`]) {
      await page.goto(address);
      assert.equal(await page.evaluate(() => document.querySelectorAll('#main script, #main img, #main iframe, #main [onclick], #main [onerror], #main [style]:not(#offers, #grid > table, #grid th, #grid .gap > td)').length), 0, address);
    }
    for (const text of naughty.filter((one) => one.includes('<')).slice(0, 12)) {
      await page.goto(`/explore/naughty_cells?f.text=${encodeURIComponent(`eq.${text}`)}`);
      await page.goto(`/explore?q=${encodeURIComponent(text)}`);
    }
    assert.equal(dialogs, 0, 'nothing ran');
    await silent();
  });
}

await step('keys lead to the pages, and the theme is remembered', async () => {
  await page.goto('/explore');
  await page.keyboard.press('g');
  await page.keyboard.press('s');
  await page.waitForURL('**/sql');
  await page.locator('#q').evaluate((area) => area.blur());
  await page.keyboard.press('/');
  await page.keyboard.type('orders');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/explore?q=orders');
  for (const expected of ['dark', 'light', null]) {
    await page.click('#theme');
    await page.waitForFunction((theme) => document.documentElement.getAttribute('data-theme') === theme, expected);
    assert.match(page.url(), /q=orders/);
  }
  await page.goto('/sql');
  await page.fill('#tree-filter', 'quantity');
  await page.waitForFunction(() => document.querySelectorAll('#tree details').length === 1);
  await silent();
});

const everyPage = ['/explore', '/explore?upload=1', '/explore/people', '/explore/people?facet=city&f.rate=gt.20', '/explore/people?tab=schema', '/explore/people?tab=history&from=1&to=2',
  '/explore/people?tab=files', '/explore/people?tab=lineage', '/explore/orders_rejects', '/explore/nowhere', `/sql?q=${encodeURIComponent('SELECT city, count(*) AS n FROM people GROUP BY city')}`,
  `/sql?q=${encodeURIComponent('EXPLAIN SELECT city, count(*) FROM people JOIN orders ON city = site GROUP BY city')}`, '/sql?q=SELECT+nothing', '/system', '/system?doctor=1', '/system?fsck=1', '/system/configuration',
  '/docs', '/docs/files', '/docs/sql', '/docs/history', '/docs/programs', '/docs/operate', '/docs/pages', '/docs/api', '/docs/api/post-v1-ingest'];

await step('a plan is read step by step', async () => {
  await page.goto(`/sql?q=${encodeURIComponent('EXPLAIN SELECT city, count(*) FROM people JOIN orders ON city = site GROUP BY city')}`);
  const steps = await page.$$eval('.steps-plan li b', (found) => found.map((one) => one.textContent));
  assert.ok(steps.includes('Hash join') && steps.filter((one) => /parquet/i.test(one)).length === 2, steps.join());
  await silent();
});

await step('the log level is set, and is what it was set to', async () => {
  await page.goto('/system');
  await page.selectOption('select[name=level]', 'debug');
  await page.click('#server .btn:not(.tiny)');
  await page.waitForURL('**/system#server');
  assert.equal((await (await page.request.get('/system.json')).json()).log_level, 'debug');
  await page.request.post('/system/log-level', {form: {level: 'info'}});
  await silent();
});

await step('axe finds nothing serious on any page, light or dark', async () => {
  for (const address of everyPage.filter((one) => !/docs\/[^a]|upload|rejects|doctor/.test(one))) {
    await page.goto(address);
    await accessible();
    await page.emulateMedia({colorScheme: 'dark'});
    await accessible(['color-contrast']);
    await page.emulateMedia({colorScheme: 'light'});
  }
  await silent(/status of 40[04]/);
});

await step('nothing is wider than a phone of 390 px', async () => {
  await page.setViewportSize({width: 390, height: 844});
  for (const address of everyPage) {
    await page.goto(address);
    await fits();
  }
  await silent(/status of 40[04]/);
});

await step('without scripts the pages are whole', async () => {
  for (const address of ['/explore', '/explore/people?tab=schema', '/sql?q=SELECT+1', '/system', '/docs', '/docs/api', '/docs/api/post-v1-sql']) {
    const html = await (await page.request.get(address)).text();
    const inline = await page.evaluate((text) => [...new DOMParser().parseFromString(text, 'text/html').querySelectorAll('*')]
      .filter((node) => (node.tagName === 'SCRIPT' && !node.src) || node.tagName === 'STYLE' || [...node.attributes].some((one) => /^(style$|on)/.test(one.name))).map((node) => node.outerHTML.slice(0, 200)), html);
    assert.deepEqual(inline, [], address);
    assert.match(html, /<h1/);
  }
});

await browser.close();
console.log(`${count()} steps`);
