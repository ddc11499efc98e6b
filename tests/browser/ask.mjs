// A person asks, in a browser. Usage: ask.mjs URL DIRECTORY
// The server is empty at the beginning. Prints one line per step and exits with 1 when a step is not as it should be.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';

import {makeCorpora, resumes} from './ask_data.mjs';
import {Browser} from './browser.mjs';
import {makeSteps} from './steps.mjs';

const [url, directory] = process.argv.slice(2);
const browser = await Browser.open(url);
const page = browser.page;
const {step, silent, accessible, fits, count} = await makeSteps(browser, directory);
const ask = (question, more = '') => `/?q=${encodeURIComponent(question)}${more}`;

await step('a lake without corpora says what one is, and makes one of a dataset', async () => {
  const sent = await page.request.post('/v1/ingest?name=workers&format=ndjson&file_name=workers.ndjson', {data: resumes(60).map((row) => JSON.stringify(row)).join('\n'), headers: {'Content-Type': 'application/octet-stream'}});
  assert.ok(sent.ok(), await sent.text());
  await page.goto('/');
  await accessible();
  await page.click('#declare a.ds >> text=workers');
  assert.equal(await page.inputValue('#id-column'), 'resume_id');
  assert.deepEqual(await page.$$eval('input[name=text]:checked', (found) => found.map((one) => one.value)), ['title', 'text']);
  await accessible();
  await page.getByRole('button', {name: 'Make it searchable'}).click();
  await page.waitForURL('**/?corpus=workers');
  await page.waitForFunction(() => !document.querySelector('#building progress'));
  await page.goto('/?corpus=workers');
  await page.waitForSelector('#question');
  await silent();
});

await step('Enter asks; every sentence of the answer has its source', async () => {
  await makeCorpora(url);
  await page.goto('/?corpus=handbook');
  await page.fill('#question', 'When do night shifts begin?');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#answer .answer li');
  assert.match(await page.textContent('#answer .answer'), /ten in the evening/);
  const uncited = await page.$$eval('#answer .answer li', (found) => found.filter((one) => !one.querySelector('a.cite')).length);
  assert.equal(uncited, 0);
  await accessible();
  await silent();
});

await step('a citation opens beside the answer at its passage, with an address of its own', async () => {
  await page.click('#answer .answer a.cite');
  await page.waitForSelector('#source-panel mark');
  assert.match(await page.textContent('#source-panel mark'), /Night shifts begin at ten in the evening/);
  assert.match(await page.textContent('#source-panel'), /octet for octet/);
  assert.match(page.url(), /src=1/);
  assert.equal(await page.getAttribute('#answer .answer a.cite', 'aria-expanded'), 'true');
  await accessible();
  await page.reload();
  assert.match(await page.textContent('#source-panel mark'), /Night shifts/, 'the address alone shows it, too');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#source-panel', {state: 'detached'});
  assert.doesNotMatch(page.url(), /src=/);
  await silent();
});

await step('the document opens in the reader at the passage, and its twin holds the octets', async () => {
  await page.click('#answer .answer a.cite');
  await page.click('text=Open document');
  await page.waitForURL('**/explore/handbook/read?**#passage');
  const marked = await page.textContent('mark#passage');
  assert.match(marked, /Night shifts begin at ten in the evening/);
  assert.match(await page.textContent('#main'), /octet for octet/);
  await accessible();
  const twin = await (await page.request.get(`/explore/handbook/read.json${new URL(page.url()).search}`)).json();
  assert.equal(twin.verified, true);
  assert.equal(Buffer.from(twin.text).subarray(twin.begin - twin.start_byte, twin.end - twin.start_byte).toString(), marked);
  await silent();
});

await step('a passage of a corpus has a page of its own, and a wrong place is not passed off as it', async () => {
  const place = '/ask/source?corpus=handbook&id=shifts.md&column=text&begin=0&end=6';
  const text = (await (await page.request.get(place.replace('source?', 'source.json?'))).json()).text;
  const digest = createHash('sha256').update(Buffer.from(text).subarray(0, 6)).digest('hex').slice(0, 12);
  await page.goto(`${place}&d=${digest}#passage`);
  assert.equal(await page.textContent('mark#passage'), Buffer.from(text).subarray(0, 6).toString());
  await accessible();
  await page.goto(`${place.replace('begin=0', 'begin=1')}&d=${digest}`);
  assert.match(await page.textContent('#main'), /not at this place/);
  assert.equal((await page.request.get('/ask/source?corpus=handbook&id=nowhere.md&column=text&begin=0&end=1')).status(), 404);
  await silent();
});

await step('an exact name is not another: OSHA-10 is neither OSHA-30 nor no OSHA-10, and the filter holds', async () => {
  await page.goto(ask('find me a forklift operator with OSHA-10', '&corpus=resumes&f.state=eq.IL'));
  const truth = new Set(resumes().filter((row) => row.state === 'IL' && row.role === 'Forklift operator' && row.text.includes('Holds OSHA-10')).map((row) => row.resume_id));
  const twin = await (await page.request.get(`/ask.json${new URL(page.url()).search}`)).json();
  assert.ok(twin.sources.length > 1);
  for (const source of twin.sources) assert.ok(truth.has(source.id), `${source.id} is cited`);
  assert.equal(await page.$$eval('#why tbody tr', (rows) => rows.length), twin.considered.length, 'what was read is listed with its scores');
  await page.click('[aria-label="Remove the filter state = IL"]');
  await page.waitForSelector('#answer');
  assert.doesNotMatch(page.url(), /f\.state/);
  await silent();
});

await step('brackets go from source to source', async () => {
  await page.click('#answer .answer a.cite >> nth=0');
  await page.waitForSelector('#source-number[data-number="1"]');
  await page.keyboard.press(']');
  await page.waitForSelector('#source-number[data-number="2"]');
  assert.match(page.url(), /src=2/);
  await page.keyboard.press('[');
  await page.waitForSelector('#source-number[data-number="1"]');
  await page.waitForSelector('#sources a[data-cite="1"][aria-current=true]');
  await silent();
});

await step('what the documents do not speak of has no answer', async () => {
  await page.goto(ask('What does the mayor of Boston earn?'));
  assert.match(await page.textContent('#answer'), /No answer/);
  assert.equal(await page.$$eval('#answer a.cite', (found) => found.length), 0);
  await accessible();
  await page.goto(ask('zzqx vvkw'));
  assert.match(await page.textContent('#answer'), /No answer/);
  await silent();
});

await step('an instruction planted in a document is left out, and said so', async () => {
  await page.goto(ask('Are helmets needed on the dock?', '&corpus=handbook'));
  assert.match(await page.textContent('#answer .answer'), /Helmets are worn on the dock/);
  assert.doesNotMatch(await page.textContent('#answer .answer'), /not needed/);
  assert.match(await page.textContent('#answer'), /reads like an instruction/);
  await silent();
});

await step('a question for a number is answered by SQL, which is shown', async () => {
  await page.goto('/');
  await page.fill('#question', 'How many resumes are there in Joliet?');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#sql-run');
  const truth = resumes().filter((row) => row.city === 'Joliet').length;
  assert.match(await page.textContent('#answer .answer'), new RegExp(`is ${truth}\\.`));
  assert.match(await page.textContent('#sql-run pre'), /"city" = 'Joliet'/);
  await accessible();
  await page.goto(ask('average bill rate of resumes by role'));
  assert.equal(await page.$$eval('#sql-run tbody tr', (rows) => rows.length), 4);
  await accessible();
  await page.click('text=Open in SQL');
  await page.waitForSelector('#grid');
  await silent();
});

await step('questions are kept in this browser', async () => {
  await page.goto('/');
  await page.click('#asked summary');
  await page.click('#asked-list a >> text=mayor of Boston');
  await page.waitForSelector('#answer');
  assert.match(await page.inputValue('#question'), /mayor of Boston/);
  await silent();
});

await step('texts of strangers stay texts', async () => {
  const hostile = '"\'><script>alert(1)</script><img src=x onerror=alert(2)> rings the bell.';
  let dialogs = 0;
  page.on('dialog', (dialog) => { dialogs += 1; dialog.dismiss(); });
  assert.ok((await page.request.post('/v1/ingest?name=handbook&file_name=hostile.txt', {data: hostile, headers: {'Content-Type': 'application/octet-stream'}})).ok());
  assert.ok((await page.request.post('/v1/corpora/handbook/refresh')).ok());
  await page.goto(ask('What rings the bell?', '&corpus=handbook&src=1'));
  assert.match(await page.textContent('#answer .answer'), /onerror/);
  await page.goto(ask(hostile, `&corpus=handbook&f.page=eq.${encodeURIComponent(hostile)}`));
  await page.goto(`/?corpus=${encodeURIComponent(hostile)}&q=x`);
  assert.match(await page.textContent('#answered'), /corpus_not_found/);
  assert.equal(await page.evaluate(() => document.querySelectorAll('#main script, #main img').length), 0);
  assert.equal(dialogs, 0);
  await silent(/status of 40[04]/);
});

const everyPage = ['/', '/?new=', '/?new=resumes', ask('find me a forklift operator with OSHA-10', '&corpus=resumes&f.state=eq.IL&src=2'), ask('What does the mayor of Boston earn?'), ask('average bill rate of resumes by role'), ask('When do night shifts begin?', '&corpus=handbook'),
  '/ask/source?corpus=handbook&id=shifts.md&column=text&begin=0&end=6', '/?q=x&corpus=nowhere'];

await step('axe finds nothing serious, light or dark', async () => {
  for (const address of everyPage) {
    await page.goto(address);
    await accessible();
    await page.emulateMedia({colorScheme: 'dark'});
    await accessible(['color-contrast']);
    await page.emulateMedia({colorScheme: 'light'});
  }
  await silent(/status of 404/);
});

await step('a page weighs at most 150 KB, and is whole without a script', async () => {
  const html = await (await page.request.get(everyPage[3])).text();
  assert.match(html, /<mark id="passage">/);
  let bytes = Buffer.byteLength(html);
  for (const asset of html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) bytes += (await (await page.request.get(asset[1])).body()).length;
  assert.ok(bytes <= 150_000, `${bytes} bytes`);
});

await step('nothing is wider than a phone of 390 px', async () => {
  await page.setViewportSize({width: 390, height: 844});
  for (const address of everyPage) {
    await page.goto(address);
    await fits();
  }
  await silent(/status of 404/);
});

console.log(`${count()} steps`);
await browser.close();
