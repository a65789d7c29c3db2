// The page of all feeds: what GET /feeds says, every two seconds, with a picture of each.

import {clock, seconds} from './format.js';

const period = 2000;
const list = document.getElementById('feeds');
const cards = new Map();

if (location.search.includes('token=')) history.replaceState(null, '', location.pathname);

function make(tag, className, ...children) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}

function makeCard(name) {
  const address = `/feeds/${encodeURIComponent(name)}`;
  const card = {name, pill: make('span', 'pill'), facts: make('div', 'facts'), trouble: make('div', 'trouble'),
                picture: make('img', ''), item: null};
  card.picture.alt = '';
  card.picture.hidden = true;
  const link = make('a', '', make('div', 'thumb', card.picture),
    make('div', 'about', make('div', 'title', name, card.pill), card.facts, card.trouble));
  link.href = `${address}/monitor`;
  card.item = make('li', 'panel', link);
  // The next picture is asked for when the last has come: never two at a time.
  const refresh = () => {
    if (!card.item.isConnected) return;
    if (!document.hidden) card.picture.src = `${address}/picture.jpg?${Date.now()}`;
    else setTimeout(refresh, period);
  };
  card.picture.onload = card.picture.onerror = (event) => {
    // Of a feed that has shown none, no sign of a broken picture.
    card.picture.hidden = event.type === 'error';
    setTimeout(refresh, period);
  };
  setTimeout(refresh, 0);
  return card;
}

function update(card, feed) {
  card.pill.textContent = card.pill.dataset.state = feed.state;
  card.trouble.textContent = feed.problem;
  card.trouble.hidden = !feed.problem;
  const isLate = feed.latency_p99 > feed.latency_budget;
  const latency = feed.latency_p99 === null ? 'no results yet'
    : `${seconds(feed.latency_p99)} of ${seconds(feed.latency_budget)} latency`;
  const facts = [make('span', '', `at ${clock(feed.media_time)}`), make('span', isLate ? 'bad' : '', latency)];
  if (feed.load_level) facts.push(make('span', 'warn', `load step ${feed.load_level}`));
  card.facts.replaceChildren(...facts);
}

function showProblem(text) {
  const banner = document.getElementById('problem');
  banner.textContent = text;
  banner.hidden = !text;
}

async function load() {
  try {
    const answer = await fetch('/feeds');
    const content = await answer.json();
    if (!answer.ok) throw new Error(content.error);
    const names = new Set(content.feeds.map((feed) => feed.name));
    for (const [name, card] of cards)
      if (!names.has(name)) card.item.remove(), cards.delete(name);
    for (const feed of content.feeds) {
      if (!cards.has(feed.name)) {
        cards.set(feed.name, makeCard(feed.name));
        list.append(cards.get(feed.name).item);
      }
      update(cards.get(feed.name), feed);
    }
    document.getElementById('count').textContent = `${names.size} ${names.size === 1 ? 'feed' : 'feeds'}`;
    document.getElementById('no-feeds').hidden = names.size > 0;
    showProblem('');
  } catch (error) {
    showProblem(error instanceof TypeError
      ? 'The service does not answer. This page tries again by itself.' : error.message);
  }
  setTimeout(load, period);
}

load();
