// Pictures of every page: light, dark, narrow. Usage: screenshots.mjs URL DIRECTORY [NAME]
import {mkdir} from 'node:fs/promises';
import path from 'node:path';

import {Browser} from './browser.mjs';

const [url, directory, only] = process.argv.slice(2);
const query = 'SELECT role, count(*) AS people FROM workers GROUP BY role ORDER BY people DESC LIMIT 14';
const kPages = {
  explore: '/explore', dataset: '/explore/workers?f.status=eq.active', schema: '/explore/workers?tab=schema', history: '/explore/orders?tab=history&from=1&to=2#diff',
  sql: `/sql?q=${encodeURIComponent(query)}`, 'sql-error': `/sql?q=${encodeURIComponent('SELECT role,\n  avg(hourly_rat)\nFROM workers GROUP BY role')}`, system: '/system', configuration: '/system/configuration',
  docs: '/docs', api: '/docs/api', upload: '/explore/workers?upload=1',
};
await mkdir(directory, {recursive: true});
for (const [look, options] of Object.entries({light: {}, dark: {dark: true}, narrow: {width: 390, height: 844}})) {
  const browser = await Browser.open(url, options);
  for (const [name, address] of Object.entries(kPages)) {
    if (only && name !== only) continue;
    await browser.page.goto(address);
    await browser.page.waitForFunction(() => !document.querySelector('.hist.skel'), null, {timeout: 60_000}).catch(() => {});
    if (name === 'upload') {
      // The dataset's own columns, but one is called otherwise and one is missing; and a file that is fine.
      const schema = await (await browser.page.request.get('/explore/workers.json?tab=schema')).json();
      const columns = schema.columns.map((column) => column.name === 'city' ? 'town' : column.name).slice(0, -1);
      const fine = (await (await browser.page.request.get(`/sql/download?format=csv&q=${encodeURIComponent('SELECT * FROM workers LIMIT 500')}`)).text()).replaceAll('W-0', 'W-9');
      const transfer = await browser.page.evaluateHandle(([drifted, good]) => {
        const data = new DataTransfer();
        data.items.add(new File([drifted], 'workers_branch.csv'));
        data.items.add(new File([good], 'workers_new.csv'));
        return data;
      }, [`${columns.join(',')}\n${columns.map(() => '').join(',')}\n`, fine]);
      await browser.page.dispatchEvent('#drop', 'drop', {dataTransfer: transfer});
      await browser.page.waitForFunction(() => document.querySelectorAll('.file.bad, .file.ready').length === 2);
      await browser.page.evaluate(() => document.getElementById('upload').scrollIntoView());
    }
    await browser.page.screenshot({path: path.join(directory, `${name}-${look}.png`)});
  }
  await browser.close();
}
