/** Formats numbers as `report/format.ts` does, which a browser cannot import. A test compares both. */

/** Stands for a value that does not exist. */
const MISSING = '–';

type Maybe = number | null | undefined;

const isMissing = (value: Maybe): value is null | undefined => value === null || value === undefined;

export const formatCount = (value: Maybe): string =>
  isMissing(value) ? MISSING : value.toLocaleString('en-US');

export const formatPercent = (fraction: Maybe): string =>
  isMissing(fraction) ? MISSING : `${(fraction * 100).toFixed(1)} %`;

/** Four significant digits: `2.303`, `0.0004120`, `1.250e-7`. */
export const formatLoss = (value: Maybe): string => (isMissing(value) ? MISSING : value.toPrecision(4));

/** As short as possible: `0.01`, `0.00064`. */
export const formatRate = (value: Maybe): string =>
  isMissing(value) ? MISSING : String(Number(value.toPrecision(4)));

/** Images per second. */
export const formatSpeed = (value: Maybe): string =>
  isMissing(value) ? MISSING : value >= 100 ? formatCount(Math.round(value)) : value.toPrecision(3);

/** `12 s`, `3 min 5 s`, `2 h 7 min`, `3 d 4 h`. */
export function formatDurationInWords(seconds: Maybe): string {
  if (isMissing(seconds)) return MISSING;
  const whole = Math.max(0, Math.round(seconds));
  const [minutes, hours, days] = [
    Math.floor(whole / 60),
    Math.floor(whole / 3600),
    Math.floor(whole / 86_400),
  ];
  if (minutes === 0) return `${whole} s`;
  if (hours === 0) return `${minutes} min ${whole % 60} s`;
  return days === 0 ? `${hours} h ${minutes % 60} min` : `${formatCount(days)} d ${hours % 24} h`;
}

/** The reader's local time, `14:05`. @param seconds since 1970 */
export const formatTime = (seconds: Maybe): string =>
  isMissing(seconds)
    ? MISSING
    : new Date(seconds * 1000).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });

/** `weightDecay` → `weight decay` */
export const formatName = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
