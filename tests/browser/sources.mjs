// A person has sources read by themselves and says what rows have to be, in a browser. Usage: sources.mjs URL DIRECTORY INBOX
// The server watches INBOX. Prints one line per step and exits with 1 when a step is not as it should be.
import assert from 'node:assert/strict';
import {mkdir, readdir, writeFile} from 'node:fs/promises';
import path from 'node:path';

import {Browser} from './browser.mjs';
import {makeSteps} from './steps.mjs';

const [url, directory, inbox] = process.argv.slice(2);
const browser = await Browser.open(url);
const page = browser.page;
const {step, silent, accessible, fits, count} = await makeSteps(browser, directory);
const twin = async (address) => (await page.request.get(address)).json();
const hr = path.join(inbox, 'hr');
await mkdir(hr, {recursive: true});

await step('Explore leads to the sources, of which there are none', async () => {
  await page.goto('/explore');
  await page.click('#main a[href="/sources"]');
  await page.waitForURL('**/sources');
  assert.match(await page.textContent('#main'), /No source is read by itself yet/);
  await accessible();
  await silent();
});

await step('the form asks for what the kind needs, and says what is wrong', async () => {
  const shows = (name) => page.locator(`.source [name=${name}]`).isVisible();
  assert.deepEqual([await shows('table'), await shows('secret'), await shows('key')], [false, true, false], 'of a file at a URL');
  await page.selectOption('[name=kind]', 'postgres');
  assert.deepEqual([await shows('table'), await shows('incremental')], [true, true]);
  await page.selectOption('[name=kind]', 'folder');
  assert.deepEqual([await shows('table'), await shows('secret')], [false, false]);
  await page.fill('[name=name]', 'hr');
  await page.fill('[name=url]', '../../etc');
  await page.getByRole('button', {name: 'Save source'}).click();
  await page.waitForSelector('.error');
  assert.match(await page.textContent('.error'), /one name below the server's inbox/);
  await accessible();
  await silent(/status of 400/);
});

await step('a folder is added, read now, and its history shows what became of each file', async () => {
  await writeFile(path.join(hr, 'a.csv'), 'id,city,pay\n1,Gary,10\n2,Rome,20\n');
  await writeFile(path.join(hr, 'b.csv'), 'id\n"never closed\n');
  await page.goto('/sources');
  await page.fill('[name=name]', 'hr');
  await page.selectOption('[name=kind]', 'folder');
  await page.fill('[name=url]', 'hr');
  await page.fill('[name=dataset]', 'people');
  await page.getByRole('button', {name: 'Save source'}).click();
  await page.waitForURL('**/sources?name=hr');
  assert.match(await page.textContent('#runs'), /It has not run yet/);
  await accessible();
  await page.getByRole('button', {name: 'Run now: hr'}).click();
  await page.waitForSelector('#runs tbody .badge.bad');
  const runs = await page.textContent('#runs');
  for (const word of [/inbox\/hr\/a\.csv/, /committed/, /2 rows/, /inbox\/hr\/b\.csv/, /failed/]) assert.match(runs, word);
  await page.waitForFunction(() => !document.querySelector('#sources-now[hx-get]'), null);
  assert.deepEqual([await readdir(path.join(hr, 'done')), await readdir(path.join(hr, 'failed'))], [['a.csv'], ['b.csv']]);
  const [run] = (await twin('/sources.json?name=hr')).runs;
  assert.deepEqual([run.files, run.failed_files, run.rows, run.reports.length], [2, 1, 2, 2]);
  assert.equal(await page.inputValue('.source [name=url]'), 'hr', 'it can be changed where it is looked at');
  await accessible();
  await silent();
});

await step('what is expected is held against the column\'s type, and taken when it fits', async () => {
  await page.goto('/explore/people');
  await page.click('a[href*="tab=rules"]');
  assert.match(await page.textContent('#main'), /No version of this dataset was checked yet/);
  await accessible();
  await page.fill('#expectations', '[[expect]]\nrule = "range"\ncolumn = "pay"\nmax = "much"\n');
  await page.getByRole('button', {name: 'Save rules'}).click();
  await page.waitForSelector('.error');
  assert.match(await page.textContent('.error'), /column "pay" is BIGINT, so max has to be a number.*"much"/);
  await page.goto('/explore/people?tab=rules');
  await page.fill('#expectations', '[[expect]]\nrule = "unique"\ncolumn = "id"\n[[expect]]\nrule = "range"\ncolumn = "pay"\nmax = 99\n');
  await page.selectOption('#drift', 'add');
  await page.getByRole('button', {name: 'Save rules'}).click();
  await page.waitForURL('**/explore/people?tab=rules');
  assert.match(await page.inputValue('#expectations'), /max = 99/);
  assert.equal(await page.inputValue('#drift'), 'add');
  await silent(/status of 400/);
});

await step('a load that is not as expected is refused, and the rules say which failed on how many rows', async () => {
  await writeFile(path.join(hr, 'c.csv'), 'id,city,pay\n2,Oslo,100\n3,Bonn,30\n');
  await writeFile(path.join(hr, 'd.csv'), 'id,city,pay,remark\n3,Bonn,30,new\n');
  await page.goto('/sources?name=hr');
  await page.getByRole('button', {name: 'Run now: hr'}).click();
  await page.waitForFunction(() => document.querySelectorAll('#runs time').length === 2);
  assert.match(await page.textContent('#runs'), /expectation_failed/);
  await page.goto('/explore/people?tab=rules');
  assert.deepEqual(await page.$$eval('#refused tbody tr', (rows) => rows.map((row) => [...row.cells].slice(1).map((cell) => cell.textContent))),
    [['c.csv', 'unique', 'id', '4', '2'], ['c.csv', 'range', 'pay', '2', '1']]);
  assert.deepEqual(await page.$$eval('#checked tbody tr', (rows) => rows.map((row) => row.cells[0].textContent)), ['passed', 'passed'], 'of the file after it');
  assert.equal((await twin('/explore/people.json?tab=rules')).refused.length, 2);
  assert.equal((await twin('/explore/people.json')).total_rows, 3);
  await accessible();
  await page.click('text=All in system.expectations');
  await page.waitForSelector('#grid');
  await silent();
});

const everyPage = ['/sources', '/sources?name=hr', '/explore/people?tab=rules'];

await step('axe finds nothing serious in the dark, and nothing is wider than a phone of 390 px', async () => {
  await page.emulateMedia({colorScheme: 'dark'});
  for (const address of everyPage) {
    await page.goto(address);
    await accessible(['color-contrast']);
  }
  await page.emulateMedia({colorScheme: 'light'});
  await page.setViewportSize({width: 390, height: 844});
  for (const address of everyPage) {
    await page.goto(address);
    await fits();
  }
  await page.setViewportSize({width: 1440, height: 900});
  await silent();
});

await step('a source is removed, what it brought stays', async () => {
  await page.goto('/sources');
  await page.getByRole('button', {name: 'Remove: hr'}).click();
  await page.waitForSelector('text=No source is read by itself yet');
  assert.equal((await page.request.get('/sources?name=hr')).status(), 404);
  assert.equal((await twin('/explore/people.json')).total_rows, 3);
  await silent();
});

console.log(`${count()} steps`);
await browser.close();
