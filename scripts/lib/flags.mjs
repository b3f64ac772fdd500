// The command line of a script: `--help`, and wrong usage as an error with status 2.
import { parseArgs } from 'node:util';

/** Ends the program because of a wrong argument. */
export function refuse(message) {
  console.error(`${message} See --help.`);
  process.exit(2);
}

/**
 * Reads flags. Ends the program after --help and for a wrong flag or a wrong number of other arguments.
 * @param defaults default of each flag: text, false for a switch, or undefined for none.
 * @param count number of other arguments, which are returned as `positionals`.
 */
export function readFlags(help, defaults, count = 0) {
  const options = { help: { type: 'boolean', short: 'h', default: false } };
  for (const [name, value] of Object.entries(defaults)) {
    const type = value === false ? 'boolean' : 'string';
    options[name] = value === undefined ? { type } : { type, default: value };
  }
  let read;
  try {
    read = parseArgs({ options, allowPositionals: count > 0 });
  } catch (error) {
    refuse(`${error.message}.`);
  }
  if (read.values.help) {
    console.log(help);
    process.exit(0);
  }
  if (read.positionals.length !== count) refuse(`Besides flags, the number of arguments is ${count}.`);
  return { ...read.values, positionals: read.positionals };
}

/** Ends the program when a flag has none of these values. */
export function checkChoice(flags, name, values) {
  const value = flags[name];
  if (value !== undefined && !values.includes(value))
    refuse(`--${name} takes ${values.join(', ')}; there is no '${value}'.`);
}

/** The values of some flags as numbers, at least 1. */
export function counts(flags, ...names) {
  for (const name of names)
    if (!/^[1-9]\d*$/.test(flags[name])) refuse(`--${name} takes a number from 1 on.`);
  return names.map((name) => Number(flags[name]));
}
