// Pictures of every page of a server with the demo: light, dark, narrow. Usage: screenshots.mjs URL DIRECTORY [NAME]
// The page to log in is only there with a token: name it, and a server that has one.
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';

import {makeCorpora} from './ask_data.mjs';
import {Browser} from './browser.mjs';
import {withPalette} from './palette.mjs';

const [url, directory, only] = process.argv.slice(2);
const query = 'SELECT role, count(*) AS people FROM workers GROUP BY role ORDER BY people DESC LIMIT 14';
const kPages = {
  ask: '/?corpus=resumes',
  answer: `/?q=${encodeURIComponent('find me a forklift operator with OSHA-10')}&corpus=resumes&f.state=eq.IL&src=1`,
  'no-answer': `/?q=${encodeURIComponent('What is the capital of Peru?')}&corpus=handbook`,
  number: `/?q=${encodeURIComponent('How many workers live in Chicago?')}`,
  explore: '/explore', dataset: '/explore/workers?f.status=eq.active', schema: '/explore/workers?tab=schema', history: '/explore/visits?tab=history&from=2&to=3#diff',
  lineage: '/explore/visits?tab=lineage', files: '/explore/visits?tab=files', login: '/login',
  sql: `/sql?q=${encodeURIComponent(query)}`, 'sql-error': `/sql?q=${encodeURIComponent('SELECT role,\n  avg(hourly_rat)\nFROM workers GROUP BY role')}`, plan: `/sql?q=${encodeURIComponent('EXPLAIN SELECT role, avg(hourly_rate) AS rate FROM workers WHERE status = \'active\' GROUP BY role ORDER BY rate DESC')}`,
  grid: `/sql?q=${encodeURIComponent('SELECT * FROM fills')}&page=300`, system: '/system', configuration: '/system/configuration',
  vectors: '/system/vectors', doctor: '/system?doctor=1#doctor',
  docs: '/docs', api: '/docs/api', operation: '/docs/api/post-v1-sql', upload: '/explore/workers?upload=1',
};
await mkdir(directory, {recursive: true});

/// A dataset with a past: made, appended to with its columns sent elsewhere, rows deleted, saved again.
async function makePast() {
  if ((await fetch(`${url}/explore/visits`)).ok) return;
  const send = async (name, text, query) => {
    const answer = await fetch(`${url}/v1/ingest?name=visits&file_name=${name}&${new URLSearchParams(query)}`, {method: 'POST', body: text, headers: {'Content-Type': 'application/octet-stream'}});
    if (!answer.ok) throw new Error(await answer.text());
  };
  const rows = (from, to, line) => Array.from({length: to - from}, (_, i) => line(from + i)).join('\n');
  await send('visits-october.csv', `id,site,day,hours\n${rows(1, 900, (i) => `${i},${['Gary', 'Joliet', 'Aurora'][i % 3]},2026-10-${String(i % 30 + 1).padStart(2, '0')},${i % 8 + 1}`)}\n`, {});
  await send('visits-november.csv', `id,town,day,remark\n${rows(900, 1400, (i) => `${i},Elgin,2026-11-${String(i % 20 + 1).padStart(2, '0')},late`)}\n`, {columns: '{"town":"site","remark":null}', missing: 'null'});
  await fetch(`${url}/v1/datasets/visits/delete-rows`, {method: 'POST', body: JSON.stringify({key: 'id', values: Array.from({length: 60}, (_, i) => String(i * 3 + 1))}), headers: {'Content-Type': 'application/json'}});
}
if (only !== 'login') {
  await makePast();
  if (!(await fetch(`${url}/v1/corpora/resumes`)).ok) await makeCorpora(url);
}
for (const [look, options] of Object.entries({light: {}, dark: {dark: true}, narrow: {width: 390, height: 844}})) {
  const browser = await Browser.open(url, options);
  for (const [name, address] of Object.entries(kPages)) {
    if (only ? name !== only : name === 'login') continue;
    await browser.page.goto(address);
    await browser.page.waitForFunction(() => !document.querySelector('.hist.skel'), null, {timeout: 60_000}).catch(() => {});
    if (name === 'upload') {
      // The dataset's own columns, but one is called otherwise, one is missing and one holds words; and a file that is fine.
      const schema = await (await browser.page.request.get('/explore/workers.json?tab=schema')).json();
      const columns = schema.columns.map((column) => column.name === 'city' ? 'town' : column.name).slice(0, -1);
      const fine = (await (await browser.page.request.get(`/sql/download?format=csv&q=${encodeURIComponent('SELECT * FROM workers LIMIT 500')}`)).text()).replaceAll('W-0', 'W-9');
      const transfer = await browser.page.evaluateHandle(([drifted, good]) => {
        const data = new DataTransfer();
        data.items.add(new File([drifted], 'workers_branch.csv'));
        data.items.add(new File([good], 'workers_new.csv'));
        return data;
      }, [`${columns.join(',')}\n${columns.map((name) => name === 'hourly_rate' ? 'by agreement' : '').join(',')}\n`, fine]);
      await browser.page.dispatchEvent('#drop', 'drop', {dataTransfer: transfer});
      await browser.page.waitForFunction(() => document.querySelectorAll('.file.bad, .file.ready').length === 2);
      await browser.page.evaluate(() => document.getElementById('upload').scrollIntoView());
    }
    if (name === 'upload') await browser.page.selectOption('.file.bad select', 'city').catch(() => {});
    const file = path.join(directory, `${name}-${look}.png`);
    await writeFile(file, withPalette(await browser.page.screenshot()));
  }
  await browser.close();
}
