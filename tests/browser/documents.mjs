// A person reads documents, in a browser. Usage: documents.mjs URL DIRECTORY
// The server is empty at the beginning. Prints one line per step and exits with 1 when a step is not as it should be.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';

import {Browser} from './browser.mjs';
import {makeSteps} from './steps.mjs';

const [url, directory] = process.argv.slice(2);
const browser = await Browser.open(url);
const page = browser.page;
const {step, silent, accessible, fits, count} = await makeSteps(browser, directory);
const pages = ['The first page speaks of gloves.\n', 'Nacht\u00adschicht \u00fc: night shifts begin at ten in the evening.\n', 'The last page ends <b>here</b>.\n'];
const read = (more) => `/explore/rules/read?doc=rules.txt${more}`;

await step('a dataset of documents lists them, and one opens at its first page', async () => {
  const sent = await page.request.post('/v1/ingest?name=rules&file_name=rules.txt', {data: pages.join('\f'), headers: {'Content-Type': 'application/octet-stream'}});
  assert.ok(sent.ok(), await sent.text());
  await page.goto('/explore/rules');
  await page.click('#tab-documents');
  await page.waitForURL('**/explore/rules/read');
  assert.match(await page.textContent('tbody'), /rules\.txt[\s\S]*3 pages/);
  await accessible();
  await page.click('tbody a >> text=rules.txt');
  await page.waitForURL('**/read?doc=rules.txt');
  assert.match(await page.textContent('#main'), /page 1 of 3/);
  const shown = await page.$$eval('.doc .sheet', (sheets) => sheets.map((sheet) => sheet.textContent));
  assert.equal(shown.length, 3, 'all of it, one page below the other');
  assert.match(shown[0], /page 1.*speaks of gloves/s);
  assert.match(shown[1], /page 2.*ten in the evening/s);
  assert.match(shown[2], /page 3.*ends <b>here<\/b>/s, 'what a document says stays text');
  await accessible();
  await silent();
});

const inSight = () => page.waitForFunction(() => { const {top} = document.getElementById('here').getBoundingClientRect(); return top >= 0 && top < innerHeight; });

await step('pages are turned and jumped to, and each has an address', async () => {
  await page.click('a[rel=next]');
  await page.waitForURL('**&page=2#here');
  assert.match(await page.textContent('#here'), /ten in the evening/);
  await page.click('a[rel=prev]');
  await page.waitForURL('**&page=1#here');
  assert.equal(await page.locator('a[rel=prev]').count(), 0);
  await page.fill('[name=page]', '3');
  await page.getByRole('button', {name: 'Go', exact: true}).click();
  await page.waitForURL('**&page=3');
  assert.match(await page.textContent('#here'), /ends <b>here<\/b>/);
  assert.equal(await page.locator('a[rel=next]').count(), 0);
  await silent();
});

await step('keys turn the pages, and scroll the text without a click', async () => {
  assert.equal(await page.evaluate(() => document.activeElement.id), 'document-text');
  await page.keyboard.press('[');
  await page.waitForURL('**&page=2#here');
  await page.keyboard.press(']');
  await page.waitForURL('**&page=3#here');
  await silent();
});

await step('of a long document the pages around the one that was asked for are there, and ways to the others', async () => {
  const long = Array.from({length: 300}, (_, i) => `Rule ${i + 1} is about ${'gloves and helmets '.repeat(60)}.\n`).join('\f');
  const sent = await page.request.post('/v1/ingest?name=rules&file_name=long.txt', {data: long, headers: {'Content-Type': 'application/octet-stream'}});
  assert.ok(sent.ok(), await sent.text());
  await page.goto('/explore/rules/read?doc=long.txt&page=150');
  await inSight();
  assert.match(await page.textContent('#here'), /page 150.*Rule 150 is/s);
  const numbers = await page.$$eval('.doc h2', (found) => found.map((one) => Number(one.textContent.replace(/\D/g, ''))));
  assert.ok(numbers.length >= 100 && numbers.length <= 200, `${numbers.length} pages`);
  assert.deepEqual(numbers, numbers.map((_, i) => numbers[0] + i), 'in their order');
  assert.ok(await page.evaluate(() => document.querySelector('a[rel=next]').getBoundingClientRect().top < 200), 'the way on stays in sight');
  await page.click('text=Later pages');
  await page.waitForURL(`**&page=${numbers.at(-1) + 1}#here`);
  await inSight();
  assert.equal(await page.locator('text=Later pages').count(), numbers.at(-1) + 100 < 300 ? 1 : 0);
  await page.click('text=Earlier pages');
  await inSight();
  await accessible();
  await silent();
});

await step('a passage has an address that finds its page, marks it, and says when it is another', async () => {
  const second = await (await page.request.get('/explore/rules/read.json?doc=rules.txt&page=2')).json();
  const at = second.start_byte + Buffer.from(second.text).indexOf('night shifts');
  const passage = 'night shifts begin at ten';
  const digest = createHash('sha256').update(passage).digest('hex').slice(0, 12);
  await page.goto(read(`&begin=${at}&end=${at + passage.length}&d=${digest}#passage`));
  assert.equal(await page.textContent('mark#passage'), passage);
  assert.match(await page.textContent('#main'), /page 2 of 3/);
  assert.match(await page.textContent('#main'), /octet for octet/);
  await accessible();
  await page.goto(read(`&begin=${at + 1}&end=${at + 1 + passage.length}&d=${digest}#passage`));
  assert.equal(await page.locator('mark#passage').count(), 0);
  assert.match(await page.textContent('#main'), /not at this place/);
  await silent();
});

await step('a passage that goes on on the next page is marked on both', async () => {
  const {sheets} = await (await page.request.get('/explore/rules/read.json?doc=rules.txt')).json();
  const ends = Buffer.from(sheets[0].text).subarray(-8), begins = Buffer.from(sheets[1].text).subarray(0, 5);
  const begin = sheets[1].start_byte - ends.length, end = sheets[1].start_byte + begins.length;
  const digest = createHash('sha256').update(Buffer.concat([ends, begins])).digest('hex').slice(0, 12);
  await page.goto(read(`&begin=${begin}&end=${end}&d=${digest}#passage`));
  assert.deepEqual(await page.$$eval('.doc mark', (marks) => marks.map((mark) => mark.textContent)), [ends.toString(), begins.toString()]);
  assert.equal(await page.locator('.sheet:nth-of-type(1) mark#passage').count(), 1);
  assert.match(await page.textContent('#main'), /octet for octet/);
  await accessible();
  await silent();
});

await step('what is not there is said', async () => {
  assert.equal((await page.request.get('/explore/rules/read?doc=nowhere.txt')).status(), 404);
  assert.equal((await page.request.get('/explore/nowhere/read')).status(), 404);
  const rows = await page.request.post('/v1/ingest?name=rows&file_name=rows.csv', {data: 'a,b\n1,2\n', headers: {'Content-Type': 'application/octet-stream'}});
  assert.ok(rows.ok());
  assert.equal((await page.request.get('/explore/rows/read')).status(), 400);
  await page.goto(read('&page=99'));
  assert.match(await page.textContent('#main'), /page 3 of 3/);
  await fits();
  await silent();
});

console.log(`${count()} steps`);
await browser.close();
