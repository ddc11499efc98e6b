// What the browser tests share: a step that prints one line and ends the test when it fails, and what every page must keep to.
import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import path from 'node:path';

export async function makeSteps(browser, directory) {
  const page = browser.page;
  const axe = await readFile(path.join(process.env.LAKEHOUSE_UI_MODULES, '..', 'axe.min.js'), 'utf8');
  let steps = 0;

  async function step(name, work) {
    const started = performance.now();
    try {
      await work();
    } catch (failure) {
      await page.screenshot({path: path.join(directory, 'failed.png')}).catch(() => {});
      console.log(`not ok: ${name}\n${failure.stack}\nat ${page.url()}\nconsole: ${browser.said.join('\n')}`);
      await browser.close();
      process.exit(1);
    }
    steps += 1;
    console.log(`ok ${steps} ${name} (${Math.round(performance.now() - started)} ms)`);
  }

  async function silent(expected) {
    assert.deepEqual(browser.takeSaid(expected), [], 'the console is silent');
    assert.deepEqual(browser.strangers, [], 'no request leaves 127.0.0.1');
  }

  // axe.min.js may not be a <script> of the page under its policy: it is evaluated by the debugger.
  async function accessible(rules) {
    const twice = await page.evaluate(() => { const ids = [...document.querySelectorAll('[id]')].map((node) => node.id); return ids.filter((id, at) => ids.indexOf(id) !== at); });
    assert.deepEqual(twice, [], `ids that stand twice on ${page.url()}`);
    await page.evaluate(axe);
    const found = await page.evaluate((options) => window.axe.run(document, options), {resultTypes: ['violations'], ...(rules ? {runOnly: rules} : {})});
    const serious = found.violations.filter((one) => one.impact === 'serious' || one.impact === 'critical');
    assert.deepEqual(serious.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 4).join(', ')}`), [], `axe-core on ${page.url()}`);
  }

  async function fits() {
    const [shown, needed] = await page.evaluate(() => [window.innerWidth, Math.max(document.documentElement.scrollWidth, document.body.scrollWidth, document.querySelector('.page')?.scrollWidth ?? 0)]);
    assert.ok(needed <= shown, `${page.url()} is ${needed} px wide on a screen of ${shown}`);
  }

  return {step, silent, accessible, fits, count: () => steps};
}
