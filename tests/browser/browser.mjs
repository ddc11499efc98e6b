// A headless Chromium for tests: alone, quiet, and watched. Everything it says on its console, every request and every breach
// of the content security policy is kept, so that a test can demand silence.
import {mkdtemp, rm} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import path from 'node:path';

const modules = process.env.LAKEHOUSE_UI_MODULES;
const {chromium} = createRequire(path.join(modules, 'x.js'))('playwright-core');

const kFlags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export class Browser {
  static async open(url, {dark = false, width = 1440, height = 900} = {}) {
    const browser = new Browser();
    browser.url = url;
    browser.directory = await mkdtemp(path.join(tmpdir(), 'lakehouse-chromium-'));
    browser.said = [];
    browser.strangers = [];
    browser.context = await chromium.launchPersistentContext(browser.directory, {
      executablePath: process.env.LAKEHOUSE_CHROMIUM || '/usr/bin/chromium', headless: true, args: kFlags,
      viewport: {width, height}, colorScheme: dark ? 'dark' : 'light', acceptDownloads: true, baseURL: url,
    });
    browser.context.on('request', (request) => {
      const host = new URL(request.url()).hostname;
      if (host !== '127.0.0.1' && !request.url().startsWith('data:') && !request.url().startsWith('blob:')) browser.strangers.push(request.url());
    });
    browser.page = browser.context.pages()[0] || await browser.context.newPage();
    browser.watch(browser.page);
    return browser;
  }

  watch(page) {
    page.setDefaultTimeout(60_000);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.said.push(`${message.text()} ${message.location().url ?? ''}`);
    });
    page.on('pageerror', (error) => this.said.push(`uncaught: ${error.message}`));
  }

  /// What was said since the last call, without the lines that a provoked refusal leaves.
  takeSaid(expected) {
    const said = this.said.filter((line) => !(expected && expected.test(line)));
    this.said = [];
    return said;
  }

  async close() {
    await this.context.close();
    await rm(this.directory, {recursive: true, force: true});
  }
}
