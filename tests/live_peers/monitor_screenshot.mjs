// node monitor_screenshot.mjs ADDRESS FOLDER [FEED]
//
// Opens the monitor page (and the page of all feeds) of a running service in headless Chromium and
// checks what a person would see; pictures of it in light, in dark and on a phone go to FOLDER.
// Needs Debian's chromium, and playwright-core from npm in the working folder.
import {createRequire} from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const {chromium} = require('playwright-core');
const [address, folder, feed = 'studio-1'] = process.argv.slice(2);

const looks = [
  {name: 'light', colorScheme: 'light', viewport: {width: 1440, height: 900}},
  {name: 'dark', colorScheme: 'dark', viewport: {width: 1440, height: 900}},
  {name: 'phone', colorScheme: 'light', viewport: {width: 390, height: 844}, deviceScaleFactor: 2},
  {name: 'phone-dark', colorScheme: 'dark', viewport: {width: 390, height: 844}, deviceScaleFactor: 2},
];

let failures = 0;
function expect(condition, what) {
  if (condition) return;
  ++failures;
  console.error(`FAILED: ${what}`);
}

async function look(browser, {name, ...options}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const strange = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && strange.push(message.text()));
  page.on('pageerror', (error) => strange.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith(address) && !request.url().startsWith('data:')) strange.push(`asks for ${request.url()}`);
  });
  await page.goto(`${address}/feeds/${encodeURIComponent(feed)}/monitor`);
  await page.waitForSelector('#captions li', {timeout: 20000});
  await page.waitForTimeout(4000);
  const shown = await page.evaluate(() => {
    const canvas = document.getElementById('picture');
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const colours = new Set();
    for (let i = 0; i < pixels.length; i += 4004) colours.add(pixels.slice(i, i + 3).join());
    return {
      colours: colours.size, label: canvas.getAttribute('aria-label'),
      attention: document.getElementById('attention').getAttribute('aria-label'),
      state: document.getElementById('state').textContent,
      p99: document.getElementById('latency-p99').textContent,
      captions: document.querySelectorAll('#captions li').length,
      isWider: document.documentElement.scrollWidth > innerWidth,
    };
  });
  expect(shown.colours > 50, `${name}: a picture is drawn (${shown.colours} colours)`);
  expect(/with .+/.test(shown.label), `${name}: faces are named: ${shown.label}`);
  expect(/\d+ %/.test(shown.attention), `${name}: attention is told: ${shown.attention}`);
  expect(shown.state === 'running', `${name}: state is ${shown.state}`);
  expect(/\d s$/.test(shown.p99), `${name}: latency is ${shown.p99}`);
  expect(shown.captions > 0, `${name}: captions come`);
  expect(!shown.isWider, `${name}: nothing sticks out sideways`);
  expect(strange.length === 0, `${name}: ${strange.join('; ')}`);
  await page.screenshot({path: `${folder}/monitor-${name}.png`, fullPage: name.startsWith('phone')});
  await page.goto(`${address}/`);
  await page.waitForTimeout(2500);
  await page.screenshot({path: `${folder}/first-${name}.png`, fullPage: name.startsWith('phone')});
  await context.close();
}

const browser = await chromium.launch({executablePath: '/usr/bin/chromium', args: ['--no-sandbox']});
try {
  for (const options of looks) await look(browser, options);
} finally {
  await browser.close();
}
console.log(failures ? `${failures} failed` : 'all as it should be');
process.exitCode = failures ? 1 : 0;
