/** Flags as a table: help, default and check of each. The checks are those of the library. */
import { type Command, Option } from 'commander';
import { boolean, device, integer, type NumberRange, number, oneOf, string } from '../core/validation.js';

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

/** What is done about an image that cannot be read. */
export const onDecodeError = choice('throw', ['throw', 'skip'], 'images that cannot be read');

export const flagOf = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** A setting as options of commander. A switch has two forms; the help shows the one that changes the default. */
export function toOptions(name: string, setting: Setting<unknown>): Option[] {
  const flag = flagOf(name);
  const { value, description, check, read } = setting;
  if (value === null) {
    const on = new Option(flag, description);
    const off = new Option(flag.replace('--', '--no-'), description);
    if (setting.default === null) off.description = 'the opposite';
    else (setting.default ? on : off).hideHelp();
    return [on, off];
  }
  const option = new Option(`${flag} <${value}>`, description).argParser((text) => check(flag, read(text)));
  return [setting.default === null ? option : option.default(setting.default)];
}

/** Gives a command the flags of a table; what was typed is then read with {@link withDefaults}. */
export function addSettings(command: Command, table: Settings): Command {
  for (const [name, setting] of Object.entries(table)) {
    for (const option of toOptions(name, setting)) command.addOption(option);
  }
  return command;
}
