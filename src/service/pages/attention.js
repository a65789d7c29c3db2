// A strip of the last seconds: a row for each face and one for nobody, as high as its share of the
// sound; the line under a row says where its face speaks.

import {colour, colourOf} from './format.js';

const shownSeconds = 10;
const rowHeight = 34;
const axisHeight = 18;
const mostRows = 7;

export class AttentionStrip {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    this.views = [];
    /** Feed's clock less this page's, in seconds. */
    this.ahead = 0;
    this.isSmooth = !matchMedia('(prefers-reduced-motion: reduce)').matches;
    new ResizeObserver(() => this.draw()).observe(canvas);
    setInterval(() => this.describe(), 3000);
  }

  add(view) {
    const last = this.views.at(-1);
    if (last && view.time < last.time) this.views = [];
    const ahead = view.time - performance.now() / 1000;
    // Slides with what comes late at most, jumps where the feed does.
    this.ahead = Math.abs(ahead - this.ahead) > 1 ? ahead : this.ahead * 0.95 + ahead * 0.05;
    const shares = new Map(view.faces.map((f) => [f.track, f]));
    this.views.push({time: view.time, shares, nobody: view.null_mass, offScreen: view.off_screen});
    const oldest = view.time - shownSeconds - 1;
    while (this.views.length && this.views[0].time < oldest) this.views.shift();
    if (this.isSmooth) this.animate(); else this.draw();
  }

  animate() {
    if (this.isMoving) return;
    this.isMoving = true;
    const step = () => {
      this.draw();
      const isAlive = this.views.length && this.now() - this.views.at(-1).time < 2;
      if (isAlive) requestAnimationFrame(step); else this.isMoving = false;
    };
    requestAnimationFrame(step);
  }

  now() {
    const last = this.views.at(-1);
    if (!last) return 0;
    return this.isSmooth ? Math.max(last.time, this.ahead + performance.now() / 1000) : last.time;
  }

  /** Faces seen in these seconds, those of one track in one row, the latest first to come. */
  rows() {
    const rows = new Map();
    for (const view of this.views)
      for (const [track, face] of view.shares)
        rows.set(track, {name: face.name, ink: colour(colourOf(face.speaker)),
                         share: (v) => v.shares.get(track)?.mass,
                         speaks: (v) => (v.shares.get(track)?.speaking ?? 0) > 0.5});
    const faces = [...rows.entries()].sort((a, b) => a[0] - b[0]).map((entry) => entry[1]);
    return [...faces.slice(-(mostRows - 1)),
            {name: 'Nobody visible', ink: colour('--nobody'), share: (v) => v.nobody,
             speaks: (v) => v.offScreen > 0.5}];
  }

  draw() {
    const rows = this.rows();
    const height = rows.length * rowHeight + axisHeight;
    if (this.canvas.style.height !== `${height}px`) this.canvas.style.height = `${height}px`;
    const scale = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const c = this.context;
    c.setTransform(scale, 0, 0, scale, 0, 0);
    const now = this.now();
    // On whole pixels, or columns side by side would show their seams.
    const x = (time) => Math.round(width * scale * (1 - (now - time) / shownSeconds)) / scale;
    drawAxis(c, width, height);
    rows.forEach((row, i) => this.drawRow(c, row, x, i * rowHeight, width));
  }

  drawRow(c, row, x, top, width) {
    const base = top + rowHeight - 5;
    c.fillStyle = colour('--track');
    c.fillRect(0, base, width, 3);
    c.fillStyle = row.ink;
    this.views.forEach((view, i) => {
      const share = row.share(view);
      if (share === undefined) return;
      const left = x(view.time);
      const next = this.views[i + 1];
      // What follows much later does not hold until then.
      const right = next ? x(Math.min(next.time, view.time + 0.6)) : Math.min(width, left + width / 60);
      const high = share * (rowHeight - 8);
      c.globalAlpha = 0.3 + 0.55 * share;
      c.fillRect(left, base - high, right - left, high);
      c.globalAlpha = 1;
      if (row.speaks(view)) c.fillRect(left, base, right - left, 3);
    });
    c.font = '600 12px system-ui, sans-serif';
    c.textBaseline = 'top';
    c.lineWidth = 4;
    c.lineJoin = 'round';
    c.strokeStyle = colour('--panel');
    c.strokeText(row.name, 2, top + 6);
    c.fillStyle = colour('--ink');
    c.fillText(row.name, 2, top + 6);
  }

  describe() {
    const views = this.views;
    if (!views.length) return;
    const share = (row) => views.reduce((sum, v) => sum + (row.share(v) ?? 0), 0) / views.length;
    const parts = this.rows().map((row) => `${row.name} ${Math.round(100 * share(row))} %`);
    this.canvas.setAttribute('aria-label', `Attention of the last ten seconds: ${parts.join(', ')}`);
  }
}

function drawAxis(c, width, height) {
  c.font = '11px system-ui, sans-serif';
  c.textBaseline = 'alphabetic';
  for (let s = 0; s <= shownSeconds; s += 2) {
    const at = width * (1 - s / shownSeconds);
    c.fillStyle = colour('--line');
    c.fillRect(Math.min(at, width - 1), 0, 1, height - axisHeight);
    c.fillStyle = colour('--quiet');
    c.textAlign = s === 0 ? 'right' : s === shownSeconds ? 'left' : 'center';
    c.fillText(s ? `−${s} s` : 'now', at, height - 3);
  }
  c.textAlign = 'left';
}
