/** Flags of a table of settings: help, default and check of each. The checks are those of the library. */
import { type Command, Option } from 'commander';
import { choice, type Setting, type Settings } from '../core/settings.js';

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

/** Gives a command the flags of a table; what was typed is then read with `withDefaults`. */
export function addSettings(command: Command, table: Settings): Command {
  for (const [name, setting] of Object.entries(table)) {
    for (const option of toOptions(name, setting)) command.addOption(option);
  }
  return command;
}
