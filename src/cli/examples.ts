import { bold } from '../core/colors.js';

/** What follows the options in the help of a command: examples, then whatever else there is to know. */
export const examples = (text: string): string => `\n${bold('Examples:')}${text}`;
