// The command line of a script: `--help`, and wrong usage as an error with status 2.
import { parseArgs } from 'node:util';

/** Ends the program because it was told something that it does not take. */
export function refuse(message) {
  console.error(`${message} See --help.`);
  process.exit(2);
}

/**
 * Reads flags; ends the program after --help, and where a flag or the number of other arguments is wrong.
 * @param defaults of each flag: a text, false for a switch, or undefined for none.
 * @param count of the arguments that are no flags; they are `positionals` of what is returned.
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

/** Ends the program where a flag that was given is none of `values`. */
export function checkChoice(flags, name, values) {
  const given = flags[name];
  if (given !== undefined && !values.includes(given))
    refuse(`--${name} takes ${values.join(', ')}; there is no '${given}'.`);
}

/** The numbers of some flags, each of at least 1. */
export function counts(flags, ...names) {
  for (const name of names)
    if (!/^[1-9]\d*$/.test(flags[name])) refuse(`--${name} takes a number from 1 on.`);
  return names.map((name) => Number(flags[name]));
}
