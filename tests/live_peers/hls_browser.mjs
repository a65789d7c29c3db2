// The captioned HLS output in a browser: Debian's Chromium, headless, with hls.js. See README.md.
//
//   node hls_browser.mjs HLS_FEED WORK_FOLDER [--break]
//
// Makes a recording whose picture carries the second as seven white or black squares, plays it with
// HLS_FEED into a folder, serves that folder, and watches in the browser: the video must advance,
// and at every look the caption that is shown must be the second that the picture shows.

import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const [feed, work] = process.argv.slice(2);
const withBreak = process.argv.includes('--break');
if (!feed || !work) {
  console.error('usage: node hls_browser.mjs HLS_FEED WORK_FOLDER [--break]');
  process.exit(2);
}
const require = createRequire(path.join(process.cwd(), 'package.json'));
const { chromium } = require('playwright-core');
const hlsScript = require.resolve('hls.js/dist/hls.min.js');

const kBits = 7;
const kSeconds = withBreak ? 40 : 30;
const kLooks = 24;

function makeRecording(file) {
  const boxes = [];
  for (let bit = 0; bit < kBits; ++bit)
    boxes.push(`drawbox=x=${bit * 40}:y=320:w=40:h=40:color=white:t=fill:` +
               `enable='eq(mod(floor((t+0.001)/${2 ** bit}),2),1)'`);
  const filter = `drawbox=x=0:y=320:w=${kBits * 40}:h=40:color=black:t=fill,${boxes.join(',')}`;
  const made = spawnSync('ffmpeg', ['-v', 'error', '-y',
    '-f', 'lavfi', '-i', 'testsrc=size=640x360:rate=25', '-f', 'lavfi', '-i', 'sine=frequency=330',
    '-t', '70', '-vf', filter, '-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'main',
    '-pix_fmt', 'yuv420p', '-g', '25', '-bf', '2', '-c:a', 'aac', file], { stdio: 'inherit' });
  if (made.status !== 0) throw new Error('ffmpeg cannot make the recording');
}

const kTypes = { '.m3u8': 'application/vnd.apple.mpegurl', '.ts': 'video/mp2t', '.vtt': 'text/vtt' };

function page(request, response, folder) {
  const name = path.basename(new URL(request.url, 'http://x').pathname);
  const file = name === 'hls.min.js' ? hlsScript : path.join(folder, name);
  if (name === 'favicon.ico') {
    response.writeHead(204);
    response.end();
  } else if (name === 'page') {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end(`<!doctype html><script src="/hls.min.js"></script>
      <video id="video" muted controls width="640" height="360"></video>`);
  } else if (existsSync(file) && statSync(file).isFile()) {
    response.writeHead(200, { 'Content-Type': kTypes[path.extname(name)] ?? 'text/javascript',
                              'Cache-Control': name.endsWith('.m3u8') ? 'no-store' : 'max-age=60' });
    createReadStream(file).pipe(response);
  } else {
    response.writeHead(404);
    response.end();
  }
}

async function until(what, seconds, test) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const value = await test();
    if (value) return value;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${what}: not within ${seconds} s`);
}

/// In the browser: starts hls.js and keeps what goes wrong.
function startPlayer() {
  const video = document.getElementById('video');
  window.problems = [];
  const hls = new Hls({ enableWebVTT: true, renderTextTracksNatively: true });
  hls.subtitleDisplay = true;
  hls.on(Hls.Events.ERROR, (_, data) => {
    if (data.fatal || data.details === 'fragParsingError') window.problems.push(data.details);
  });
  window.hls = hls;
  hls.loadSource('/master.m3u8');
  hls.attachMedia(video);
  video.play();
}

/// In the browser: what is shown at this moment, picture and captions of one frame.
function look(bits) {
  return new Promise((done) => {
    const video = document.getElementById('video');
    video.requestVideoFrameCallback((_, frame) => {
      const canvas = document.createElement('canvas');
      canvas.width = 640;
      canvas.height = 360;
      const drawing = canvas.getContext('2d', { willReadFrequently: true });
      drawing.drawImage(video, 0, 0, 640, 360);
      let second = 0;
      for (let bit = 0; bit < bits; ++bit)
        if (drawing.getImageData(bit * 40 + 20, 340, 1, 1).data[0] > 128) second += 2 ** bit;
      const cues = [];
      const all = [];
      for (const track of video.textTracks) {
        for (const cue of track.cues ?? []) {
          all.push([cue.startTime, cue.endTime, cue.text]);
          if (cue.startTime <= frame.mediaTime && frame.mediaTime < cue.endTime) cues.push(cue.text);
        }
      }
      const active = [];
      for (const track of video.textTracks)
        for (const cue of track.activeCues ?? []) active.push(cue.text);
      done({ time: video.currentTime, mediaTime: frame.mediaTime, second, cues, active, all,
             modes: [...video.textTracks].map((track) => track.mode), problems: window.problems });
    });
  });
}

const plain = (cue) => cue.replace(/<[^>]*>/g, '').trim();

function judge(looks) {
  const faults = [];
  let compared = 0;
  for (const seen of looks) {
    if (seen.problems.length > 0) faults.push(`hls.js: ${seen.problems}`);
    const cues = seen.cues.map(plain);
    if (cues.length > 1) faults.push(`several cues at ${seen.mediaTime}: ${cues}`);
    if (cues.length === 0) continue;  // each second ends with 0.1 s without one
    ++compared;
    if (cues[0] !== `second ${seen.second}`)
      faults.push(`at ${seen.mediaTime} the picture shows ${seen.second}, the caption ${cues}`);
  }
  const first = looks[0], last = looks.at(-1);
  if (last.time - first.time < 0.7 * (last.at - first.at)) faults.push('the video does not advance');
  if (compared < 0.7 * looks.length) faults.push(`captions at ${compared} of ${looks.length} looks`);
  const texts = last.all.map((cue) => plain(cue[2]));
  if (new Set(texts).size !== texts.length) faults.push(`cues are there twice: ${texts}`);
  return { faults, compared, cues: texts };
}

async function main() {
  mkdirSync(work, { recursive: true });
  const recording = path.join(work, 'clock.mp4');
  const folder = path.join(work, 'hls');
  rmSync(folder, { recursive: true, force: true });
  if (!existsSync(recording)) makeRecording(recording);
  const server = createServer((request, response) => page(request, response, folder));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const address = `http://127.0.0.1:${server.address().port}`;
  const publisher = spawn(feed, [recording, folder, `${kSeconds}`, ...(withBreak ? ['16'] : [])],
                          { stdio: 'inherit' });
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true,
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'] });
  try {
    const tab = await browser.newPage({ viewport: { width: 660, height: 380 } });
    tab.on('console', (message) => console.log(`page: ${message.text()}`));
    await until('a list of three segments', 40, () => existsSync(path.join(folder, 'segment-00000002.vtt')));
    await tab.goto(`${address}/page`);
    await tab.evaluate(startPlayer);
    await until('the video plays', 30, () => tab.evaluate(() => document.getElementById('video').currentTime > 0.5));
    const looks = [];
    const end = Date.now() + (withBreak ? 28 : 18) * 1000;
    while (Date.now() < end && looks.length < (withBreak ? 60 : kLooks)) {
      // A stalled video has no next frame.
      const seen = await Promise.race([tab.evaluate(look, kBits),
        new Promise((done) => setTimeout(() => done(null), 3000))]);
      if (seen) looks.push({ ...seen, at: Date.now() / 1000 });
      if (looks.length === 8) await tab.screenshot({ path: path.join(work, 'hls.png') });
      await new Promise((done) => setTimeout(done, 370));
    }
    await tab.screenshot({ path: path.join(work, 'hls_end.png') });
    const verdict = judge(looks);
    const last = looks.at(-1);
    console.log(JSON.stringify({ looks: looks.length, compared: verdict.compared,
      from: looks[0].mediaTime, to: last.mediaTime, seconds: [...new Set(looks.map((l) => l.second))],
      modes: last.modes, active: last.active, cues: verdict.cues.length }));
    for (const fault of verdict.faults) console.error(`FAULT ${fault}`);
    process.exitCode = verdict.faults.length === 0 ? 0 : 1;
  } finally {
    await browser.close();
    publisher.kill();
    server.close();
  }
}

await main();
