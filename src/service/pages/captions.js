// Captions as they come: what may still change in grey, what is final for good.

import {clock, colourOf} from './format.js';

const mostKept = 100;
/** A partial caption that nothing replaces within so many seconds is dropped. */
const partialLife = 15;

export class Captions {
  constructor(root) {
    this.scroll = root.querySelector('#captions-scroll');
    this.final = root.querySelector('#captions');
    this.partials = root.querySelector('#partials');
    this.empty = root.querySelector('#no-captions');
    this.shown = new Map();
    this.known = new Set();
  }

  add(event) {
    const isAtEnd = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 60;
    // A page that connects again is told the last ones again.
    const key = `${event.id}@${event.start}`;
    if (this.known.has(key)) return;
    this.shown.get(event.id)?.remove();
    this.shown.delete(event.id);
    const item = makeItem(event);
    if (event.final) {
      this.known.add(key);
      this.final.append(item);
      if (this.final.children.length > mostKept) this.final.firstElementChild.remove();
      if (this.known.size > 4 * mostKept) this.known.delete(this.known.values().next().value);
    } else {
      this.shown.set(event.id, item);
      item.dataset.until = performance.now() / 1000 + partialLife;
      this.partials.append(item);
    }
    this.empty.hidden = true;
    if (isAtEnd) this.scroll.scrollTop = this.scroll.scrollHeight;
  }

  /** To be called now and then. */
  forget() {
    for (const [id, item] of this.shown) {
      if (Number(item.dataset.until) > performance.now() / 1000) continue;
      item.remove();
      this.shown.delete(id);
    }
  }

  /** The feed's numbers begin anew. */
  restart() {
    this.known.clear();
    this.shown.clear();
    this.partials.replaceChildren();
  }
}

function makeItem(event) {
  const item = document.createElement('li');
  item.className = event.final ? 'final' : 'partial';
  // Two people may share a caption, a line each.
  const voices = event.voices ?? [{speaker: event.speaker, name: event.name}];
  const lines = event.voices ? event.lines : [event.lines.join(' ')];
  item.style.setProperty('--voice', `var(${colourOf(voices[0].speaker)})`);
  lines.forEach((line, i) => {
    const voice = voices[Math.min(i, voices.length - 1)];
    const who = document.createElement('div');
    who.className = 'who';
    const name = document.createElement('b');
    name.textContent = voice.name;
    if (voice.speaker) name.style.setProperty('--voice', `var(${colourOf(voice.speaker)})`);
    else name.className = 'quiet';
    who.append(name);
    if (i === 0) {
      const time = document.createElement('span');
      time.className = 'number';
      time.textContent = event.final ? clock(event.start) : 'not final';
      who.append(time);
    }
    const text = document.createElement('p');
    text.textContent = line;
    item.append(who, text);
  });
  return item;
}
