/** How numbers look on the page; `–` stands for one that is not there. */
const NONE = '–';

type Maybe = number | null | undefined;

export const formatCount = (value: Maybe): string =>
  typeof value === 'number' ? Math.round(value).toLocaleString('en-US') : NONE;

export const formatPercent = (fraction: Maybe, digits = 1): string =>
  typeof fraction === 'number' ? `${(fraction * 100).toFixed(digits)}\u00a0%` : NONE;

/** Four digits that mean something: `2.303`, `0.0004120`, `1.250e-7`. */
export const formatNumber = (value: Maybe): string =>
  typeof value === 'number' ? value.toPrecision(4) : NONE;

/** As long as it has to be: `0.01`, `0.00064`. */
export const formatRate = (value: Maybe): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(4))) : NONE;

export const formatSpeed = (value: Maybe): string =>
  typeof value === 'number' ? (value < 100 ? value.toFixed(1) : formatCount(value)) : NONE;

/** `1:05`, `1:02:03` from an hour on, `2 d 03 h` from a day on. */
export function formatDuration(seconds: Maybe): string {
  if (typeof seconds !== 'number') return NONE;
  const whole = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  const two = (value: number) => String(value).padStart(2, '0');
  if (days > 0) return `${days} d ${two(hours)} h`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** @param seconds since 1970 */
export const formatTime = (seconds: Maybe): string =>
  typeof seconds === 'number'
    ? new Date(seconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    : NONE;

/** `weightDecay` → `weight decay` */
export const formatName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
