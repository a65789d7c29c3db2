// The monitor page of one feed: takes the server-sent events and hands each to what shows it.

import {AttentionStrip} from './attention.js';
import {Captions} from './captions.js';
import {bytes, clock, count, seconds, span} from './format.js';
import {Stage} from './stage.js';

const feed = document.body.dataset.feed;
const element = (id) => document.getElementById(id);
const stage = new Stage(element('stage'));
const strip = new AttentionStrip(element('attention'));
const captions = new Captions(document);

/** Without a view for so long the picture is not of now. */
const staleAfter = 3000;
/** An offset that the picture does not bear out is not shown as if it did. */
const leastConfidence = 0.3;
const offsetRange = 0.4;

let lastView = 0;
let status = null;
let isConnected = false;
let offset = {value: 0, confidence: 0};

// The token, if any, is in a cookie by now: out of the address, the history and over shoulders.
if (location.search.includes('token=')) history.replaceState(null, '', location.pathname);

function set(id, text, className) {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
  if (className !== undefined) target.className = className;
}

function showState() {
  const state = isConnected ? status?.state ?? 'connecting' : 'lost';
  const pill = element('state');
  pill.dataset.state = state;
  set('state', isConnected ? state : 'no connection');
  const banner = element('problem');
  const problem = isConnected ? status?.problem ?? ''
    : 'The service does not answer. This page connects again by itself.';
  if (banner.textContent !== problem) banner.textContent = problem;
  banner.hidden = !problem;
  banner.classList.toggle('bad', state === 'failed' || state === 'lost');
  const isStale = performance.now() - lastView > staleAfter;
  const notes = {lost: 'No connection to the service', connecting: 'Connecting to the source',
                 waiting: 'Waiting for the source', failed: 'The feed has failed', ended: 'The feed has ended'};
  stage.annotate(notes[state] ?? (isStale ? 'Waiting for pictures' : ''));
}

function showLatency(s) {
  const worst = s.latency_p99 === null ? '' : s.latency_p99 > s.latency_budget ? 'bad'
    : s.latency_p99 > 0.85 * s.latency_budget ? 'warn' : 'good';
  set('latency-p99', seconds(s.latency_p99), worst === 'good' ? '' : worst);
  set('latency-median', seconds(s.latency_median));
  set('latency-budget', seconds(s.latency_budget));
  set('late-results', `${count(s.late_results)} of ${count(s.results)}`);
  set('caption-latency', seconds(s.caption_latency_p99),
      s.caption_latency_p99 > s.caption_latency_budget ? 'bad' : '');
  // The whole meter is the budget, or more where the budget is not kept.
  const whole = Math.max(s.latency_budget, s.latency_p99 ?? 0) || 1;
  const fill = element('latency-fill');
  fill.className = worst;
  fill.style.width = `${100 * (s.latency_p99 ?? 0) / whole}%`;
  element('latency-mark').style.left =
    s.latency_p99 > s.latency_budget ? `${100 * s.latency_budget / whole}%` : '-4px';
}

function showLoad(s) {
  set('load-level', s.load_level ? `Step ${s.load_level}` : 'Full quality',
      s.load_level > 2 ? 'bad' : s.load_level ? 'warn' : '');
  set('load-effect', s.load_effect || 'Nothing is left out.');
  set('load-steps', count(s.load_steps));
  set('pictures-dropped', count(s.pictures_dropped));
  set('sound-dropped', count(s.sound_dropped), s.sound_dropped ? 'warn' : '');
}

function showHealth(s) {
  set('source', s.source);
  set('clock', clock(s.media_time));
  set('uptime', span(s.uptime));
  set('reconnects', count(Math.max(0, s.connections - 1)));
  set('discontinuities', count(s.discontinuities));
  set('restarts', count(s.restarts), s.restarts ? 'warn' : '');
  set('read-errors', count(s.read_errors));
  set('input-bytes', bytes(s.input_bytes));
  set('drift', s.drift_ppm === null ? '–' : `${s.drift_ppm > 0 ? '+' : ''}${s.drift_ppm.toFixed(1)} ppm`);
}

function showOffset() {
  const {value, confidence} = offset;
  const isSure = confidence >= leastConfidence;
  const ms = Math.round(Math.abs(value) * 1000);
  set('offset', isSure ? `${ms} ms` : '–', isSure && ms >= 100 ? 'warn' : '');
  set('offset-side', !isSure ? 'not known yet' : ms < 20 ? 'in sync' : value > 0 ? 'sound late' : 'sound early');
  set('offset-confidence', `${Math.round(100 * confidence)} %`);
  const place = 50 + 50 * Math.max(-1, Math.min(1, value / offsetRange));
  element('offset-mark').style.left = `${place}%`;
  element('offset-mark').style.opacity = isSure ? 1 : 0.25;
}

function takeStatus(next) {
  // The feed was taken off and put on again, or the service was: its numbers begin anew.
  if (status && next.uptime < status.uptime - 1) captions.restart();
  status = next;
  showState();
  showLatency(next);
  showLoad(next);
  showHealth(next);
}

function takeView(view) {
  lastView = performance.now();
  stage.show(view);
  strip.add(view);
  element('off-screen').hidden = view.off_screen <= 0.5;
  offset = {value: view.offset, confidence: view.offset_confidence};
}

const first = 1000;
const longest = 15000;
let delay = first;

function connect() {
  const source = new EventSource(`/feeds/${encodeURIComponent(feed)}/events`);
  const on = (name, take) => source.addEventListener(name, (message) => take(JSON.parse(message.data)));
  source.onopen = () => {
    isConnected = true;
    delay = first;
    showState();
  };
  on('status', takeStatus);
  on('view', takeView);
  on('caption', (event) => captions.add(event));
  on('end', () => {
    status = {...status, state: 'ended', problem: 'This feed was removed.'};
    showState();
    again(longest);
  });
  source.onerror = () => {
    isConnected = false;
    showState();
    // A browser gives up by itself on a refusal, as while the service starts.
    if (source.readyState === EventSource.CLOSED) again(delay);
  };
  function again(wait) {
    source.close();
    delay = Math.min(2 * delay, longest);
    setTimeout(connect, wait);
  }
}

connect();
setInterval(() => {
  showState();
  showOffset();
  captions.forget();
}, 500);
