/** Settings: what is said once of an option, for the API and for the command line. */
import { boolean, device, integer, type NumberRange, number, oneOf, string } from './validation.js';

/** One option: `batchSize` in TypeScript and settings.json, `--batch-size` on the command line. */
export interface Setting<T> {
  /** Placeholder for the value in the help; null for a switch. */
  value: string | null;
  default: T;
  description: string;
  /** @throws GoogLeNetError `INVALID_ARGUMENT` */
  check(name: string, value: unknown): T;
  /** Text of the command line → what `check` takes. */
  read(text: string): unknown;
}

export type Settings = Record<string, Setting<unknown>>;

/** The values of a table of settings. */
export type ValuesOf<Table extends Settings> = {
  [Name in keyof Table]: Table[Name] extends Setting<infer T> ? T : never;
};

/** The values of all settings: those in `value`, else the defaults. */
export function withDefaults<Table extends Settings>(
  table: Table,
  value: Readonly<Record<string, unknown>>,
): ValuesOf<Table> {
  const values = Object.entries(table).map(([name, setting]) => [name, value[name] ?? setting.default]);
  return Object.fromEntries(values) as ValuesOf<Table>;
}

/** Text that is not a number stays text, so that the error of the check shows it. */
const readNumber = (text: string): unknown =>
  /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : text;

export const count = (value: number, description: string, min = 1, max?: number): Setting<number> => ({
  value: 'n',
  default: value,
  description,
  check: (name, value) => integer(name, value, min, max),
  read: readNumber,
});

export const real = (value: number, range: NumberRange, description: string): Setting<number> => ({
  value: 'x',
  default: value,
  description,
  check: (name, value) => number(name, value, range),
  read: readNumber,
});

/** @param description of the form that differs from the default: `--nesterov`, but `--no-channels-last` */
export const toggle = (value: boolean, description: string): Setting<boolean> => ({
  value: null,
  default: value,
  description,
  check: boolean,
  read: (text) => text,
});

/** A switch that is null unless one of its two forms is typed. */
export const optionalToggle = (description: string): Setting<boolean | null> => ({
  value: null,
  default: null,
  description,
  check: (name, value) => (value === null ? null : boolean(name, value)),
  read: (text) => text,
});

/** A number, or null when the flag is not typed. */
export const optionalCount = (description: string, max?: number, min = 1): Setting<number | null> => ({
  value: 'n',
  default: null,
  description,
  check: (name, value) => (value === null ? null : integer(name, value, min, max)),
  read: readNumber,
});

export const optionalReal = (range: NumberRange, description: string): Setting<number | null> => ({
  value: 'x',
  default: null,
  description,
  check: (name, value) => (value === null ? null : number(name, value, range)),
  read: readNumber,
});

export const choice = <const T extends string>(
  value: T,
  allowed: readonly T[],
  description: string,
): Setting<T> => ({
  value: 'name',
  default: value,
  description: `${description}: ${allowed.join(', ')}`,
  check: (name, value) => oneOf(name, value, allowed),
  read: (text) => text,
});

export const text = (value: string, placeholder: string, description: string): Setting<string> => ({
  value: placeholder,
  default: value,
  description,
  check: string,
  read: (value) => value,
});

export const optionalText = (placeholder: string, description: string): Setting<string | null> => ({
  value: placeholder,
  default: null,
  description,
  check: (name, value) => (value === null ? null : string(name, value)),
  read: (value) => value,
});

export const optionalChoice = <const T extends string>(
  allowed: readonly T[],
  description: string,
): Setting<T | null> => ({
  value: 'name',
  default: null,
  description: `${allowed.join(' or ')}: ${description}`,
  check: (name, value) => (value === null ? null : oneOf(name, value, allowed)),
  read: (value) => value,
});

export const deviceSetting: Setting<string> = {
  value: 'name',
  default: 'auto',
  description: 'cpu, cuda, cuda:N, or auto: the first CUDA device if there is one',
  check: device,
  read: (text) => text,
};

/** The value of an option, or its default. @throws GoogLeNetError `INVALID_ARGUMENT` naming it `name` */
export const readSetting = <T>(setting: Setting<T>, name: string, value: unknown): T =>
  setting.check(name, value ?? setting.default);
