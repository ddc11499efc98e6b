// A person and a server with a token. Usage: login.mjs URL TOKEN
// Exits with 1 when something is not as it should be.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import path from 'node:path';

import {Browser} from './browser.mjs';

const [url, token] = process.argv.slice(2);
const axe = await readFile(path.join(process.env.LAKEHOUSE_UI_MODULES, '..', 'axe.min.js'), 'utf8');
const browser = await Browser.open(url);
const page = browser.page;

try {
  await page.goto('/explore?q=people');
  assert.match(page.url(), /\/login\?next=\/explore%3[fF]q%3[dD]people$/, 'who is not known is led to the form');
  await page.evaluate(axe);
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({colorScheme: scheme});
    const found = await page.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}));
    assert.deepEqual(found.violations.filter((one) => one.impact === 'serious' || one.impact === 'critical').map((one) => one.id), [], scheme);
  }
  await page.setViewportSize({width: 390, height: 844});
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), 'it fits on a phone');

  await page.fill('#token', 'a guess');
  await page.press('#token', 'Enter');
  await page.waitForSelector('[role=alert]');
  assert.ok(!(await page.content()).includes('a guess'), 'what was typed does not come back');
  assert.equal((await browser.context.cookies()).length, 0);

  await page.fill('#token', token);
  await page.press('#token', 'Enter');
  await page.waitForURL('**/explore?q=people');
  const [cookie] = (await browser.context.cookies()).filter((one) => one.name === 'lakehouse_session');
  assert.ok(cookie.httpOnly && cookie.sameSite === 'Strict' && !cookie.value.includes(token), 'the cookie is no token');
  assert.equal(await page.evaluate(() => document.cookie.includes('lakehouse_session')), false);

  assert.equal(await page.evaluate(() => fetch('/v1/errors').then((answer) => answer.status)), 200, 'fetches of our pages carry it');
  assert.equal(await page.evaluate(() => fetch('/v1/sql', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"sql":"SELECT 1"}'}).then((answer) => answer.status)), 200);
  const cookies = {Cookie: `${cookie.name}=${cookie.value}`, Accept: 'application/json'};
  assert.equal((await fetch(`${url}/v1/errors`, {headers: {...cookies, 'Sec-Fetch-Site': 'cross-site'}})).status, 401, 'those of others do not');
  assert.equal((await fetch(`${url}/v1/sql`, {method: 'POST', headers: {...cookies, Origin: 'http://elsewhere.example'}, body: '{}'})).status, 403);

  const failures = await page.evaluate(() => fetch('/v1/errors').then((answer) => answer.text()));
  assert.match(failures, /bad_token/, 'the guess is on record');
  assert.ok(!failures.includes('a guess'));

  await page.setViewportSize({width: 1440, height: 900});
  await page.getByRole('button', {name: 'Log out'}).click();
  await page.waitForURL('**/login');
  assert.equal((await fetch(`${url}/explore`, {headers: cookies})).status, 401, 'a session that was ended is over, wherever its cookie is');
  const said = browser.takeSaid(/status of (401|403)/);
  assert.deepEqual(said, []);
  assert.deepEqual(browser.strangers, []);
} catch (failure) {
  console.log(`${failure.stack}\nat ${page.url()}\nconsole: ${browser.said.join('\n')}`);
  process.exitCode = 1;
}
await browser.close();
