const PREFIXES = ['p', 'n', 'µ', 'm', '', 'k', 'M'];
/** Index of the empty prefix. */
const UNIT = 4;
const MINUS = '−';

/** `digits` significant digits, with a true minus sign. */
export function number(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return '–';
  return Number(value.toPrecision(digits)).toString().replace('-', MINUS);
}

/** A measured value whose width changes little: three significant digits, at most three decimals. */
export function reading(value: number): string {
  const decimals = 2 - Math.floor(Math.log10(Math.abs(value) || 1));
  return fixed(value, Math.min(3, Math.max(0, decimals)));
}

/** A whole number with groups of three: `12 345`. */
export function count(value: number): string {
  const text = Math.round(Math.abs(value)).toString();
  const grouped = text.length > 4 ? text.replace(/\B(?=(\d{3})+$)/g, '\u202f') : text;
  return value < 0 ? MINUS + grouped : grouped;
}

/** Exactly `decimals` decimals, with a true minus sign. */
export function fixed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', MINUS);
}

/** `1.23 mJ`: three significant digits with an SI prefix. */
export function si(value: number, unit: string): string {
  if (!Number.isFinite(value)) return '–';
  // Less than a millionth of the smallest prefix is what rounding leaves of nothing.
  if (Math.abs(value) < 1e-18) return `0 ${unit}`;
  const magnitude = Number(Math.abs(value).toPrecision(3));
  const exponent = Math.min(2, Math.max(-UNIT, Math.floor(Math.log10(magnitude) / 3)));
  const scaled = magnitude / 1000 ** exponent;
  const text = scaled >= 1 ? scaled.toPrecision(3) : scaled.toFixed(2);
  const digits = scaled >= 1000 ? Math.round(scaled).toString() : text;
  return `${value < 0 ? MINUS : ''}${digits} ${PREFIXES[exponent + UNIT]}${unit}`;
}

/** A length of time for reading: `8.4 s`, `2 min 05 s`, `3 h 12 min`, `4 d 6 h`. */
export function duration(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const whole = Math.floor(seconds);
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** A time on an axis whose ticks are `step` seconds apart and end at `last`: `4 s`, `0.5 s`, `1:05`, `2:00:00`. */
export function clock(seconds: number, step: number, last: number): string {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (last < 60 || seconds < 0) return `${fixed(seconds, decimals)} s`;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = (seconds % 60).toFixed(decimals).padStart(decimals > 0 ? 3 + decimals : 2, '0');
  return last >= 3600 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** `deadlineMisses` as `Deadline misses`. */
export function words(key: string): string {
  const spaced = key.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ');
  return spaced.charAt(0).toUpperCase() + spaced.slice(1).toLowerCase();
}
