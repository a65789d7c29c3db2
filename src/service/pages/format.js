// How numbers are written, and which colour a speaker has.

export const seconds = (value) =>
  value === null || value === undefined ? '–' : `${value.toFixed(value < 10 ? 2 : 1)} s`;

export const count = (value) => value.toLocaleString('en').replaceAll(',', '\u202f');

/** "4:05", from an hour on "1:04:05". */
export function clock(value) {
  const whole = Math.max(0, Math.floor(value));
  const two = (n) => String(n).padStart(2, '0');
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** "3 min", "5.2 h", "12.1 days". */
export function span(value) {
  if (value < 120) return `${Math.floor(value)} s`;
  if (value < 7200) return `${Math.floor(value / 60)} min`;
  return value < 172800 ? `${(value / 3600).toFixed(1)} h` : `${(value / 86400).toFixed(1)} days`;
}

export function bytes(value) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (value >= 1000 && unit + 1 < units.length) value /= 1000, ++unit;
  return `${unit && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const colours = 8;

/** Name of the custom property of a speaker's colour; 0 is nobody visible. */
export const colourOf = (speaker) =>
  speaker > 0 ? `--s${(speaker - 1) % colours + 1}` : '--nobody';

const styles = getComputedStyle(document.documentElement);

/** The colour itself, for a canvas; follows light and dark. */
export const colour = (property) => styles.getPropertyValue(property).trim();
