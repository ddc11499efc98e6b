// First contentful paint: the median of ten warm loads. Usage: paint.mjs URL PATH...
import {Browser} from '../../tests/browser/browser.mjs';

const [url, ...paths] = process.argv.slice(2);
const browser = await Browser.open(url);
for (const path of paths) {
  const times = [];
  for (let i = 0; i < 11; ++i) {
    await browser.page.goto(path);
    times.push(await browser.page.evaluate(() => new Promise((resolve) => {
      const found = () => performance.getEntriesByName('first-contentful-paint')[0];
      if (found()) resolve(found().startTime);
      else new PerformanceObserver(() => { if (found()) resolve(found().startTime); }).observe({type: 'paint', buffered: true});
    })));
  }
  const warm = times.slice(1).sort((a, b) => a - b);
  console.log(`${path}\t${(warm[4] + warm[5]) / 2}`);
}
await browser.close();
