// The picture with boxes round its faces.

import {colour, colourOf} from './format.js';

const decode = (base64) => createImageBitmap(
  new Blob([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], {type: 'image/jpeg'}));

export class Stage {
  constructor(element) {
    this.element = element;
    this.canvas = element.querySelector('canvas');
    this.note = element.querySelector('.stage-note');
    this.context = this.canvas.getContext('2d');
    this.view = null;
    this.image = null;
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  /** Picture and boxes change together: when the picture is decoded. */
  async show(view) {
    let image = null;
    try {
      if (view.picture) image = await decode(view.picture);
    } catch {
      // A damaged picture: its boxes stand on the last one.
    }
    // A later one may have been decoded first.
    if (this.view && view.time < this.view.time && this.view.time - view.time < 5) {
      image?.close();
      return;
    }
    if (image) this.image?.close(), this.image = image;
    this.view = view;
    if (view.width && view.height)
      this.element.style.setProperty('--aspect', `${view.width} / ${view.height}`);
    this.canvas.setAttribute('aria-label', describe(view));
    this.draw();
  }

  /** What lies over the picture; a picture that is not of now is dimmed. */
  annotate(text) {
    this.note.textContent = text;
    this.note.hidden = !text;
    this.element.classList.toggle('stale', Boolean(text));
  }

  draw() {
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const c = this.context;
    c.setTransform(scale, 0, 0, scale, 0, 0);
    if (!this.view || !width) return;
    const shown = this.view.width / this.view.height || 16 / 9;
    const w = Math.min(width, height * shown);
    const place = {x: (width - w) / 2, y: (height - w / shown) / 2, w, h: w / shown};
    if (this.image) c.drawImage(this.image, place.x, place.y, place.w, place.h);
    // Those who speak lie over those who do not.
    for (const face of [...this.view.faces].sort((a, b) => a.speaking - b.speaking))
      drawFace(c, place, face);
  }
}

function drawFace(c, place, face) {
  const x = place.x + face.x * place.w;
  const y = place.y + face.y * place.h;
  const w = face.width * place.w;
  const h = face.height * place.h;
  const lit = face.speaking;
  const ink = colour(colourOf(face.speaker));
  c.save();
  c.lineJoin = 'round';
  c.lineWidth = 1.5 + 3.5 * lit;
  c.strokeStyle = ink;
  c.globalAlpha = 0.5 + 0.5 * lit;
  c.shadowColor = lit > 0.5 ? ink : 'rgb(0 0 0 / .7)';
  c.shadowBlur = lit > 0.5 ? 26 * lit : 4;
  c.beginPath();
  c.roundRect(x, y, w, h, Math.min(14, w / 6));
  c.stroke();
  c.restore();
  drawShare(c, x + w + c.lineWidth + 4, y, h, face.mass, ink);
  drawName(c, place, x + w / 2, y + h + 6, face, ink);
}

/** How much of the sound the face explains, as a bar beside it. */
function drawShare(c, x, y, h, mass, ink) {
  c.fillStyle = 'rgb(7 9 12 / .55)';
  c.beginPath();
  c.roundRect(x, y, 5, h, 2.5);
  c.fill();
  const part = Math.max(0, Math.min(1, mass)) * h;
  c.fillStyle = ink;
  c.beginPath();
  c.roundRect(x, y + h - part, 5, part, 2.5);
  c.fill();
}

function drawName(c, place, middle, top, face, ink) {
  const speaks = face.speaking > 0.5;
  c.font = `${speaks ? 650 : 500} 13px system-ui, sans-serif`;
  c.textBaseline = 'middle';
  const width = c.measureText(face.name).width + 18;
  const x = Math.max(place.x + 2, Math.min(middle - width / 2, place.x + place.w - width - 2));
  const y = Math.min(top, place.y + place.h - 26);
  c.fillStyle = speaks ? ink : 'rgb(7 9 12 / .7)';
  c.beginPath();
  c.roundRect(x, y, width, 23, 11.5);
  c.fill();
  c.fillStyle = speaks ? colour('--panel') : '#fff';
  c.fillText(face.name, x + 9, y + 12);
}

function describe(view) {
  if (!view.faces.length) return 'Picture of the feed, no faces';
  const faces = view.faces.map((f) => f.name + (f.speaking > 0.5 ? ' (speaks)' : ''));
  return `Picture of the feed with ${faces.join(', ')}`;
}
