/** Reports all tools that the setup lacks in one error, before it spends the first minute. */
import { GoogLeNetError } from '../core/errors.js';
import { chooseBuilder } from './build-addon.js';
import { type PythonProblem, pythonProblem } from './install-libtorch.js';
import type { Builder } from './installed/build-record.js';
import { type Tool, toolsMissing } from './tools.js';

export interface SetupNeeds {
  /** The interpreter that libtorch would be installed with; null where there is a libtorch. */
  python: string | null;
  /** Null where nothing is to be built. */
  addon: { wanted?: Builder | undefined; previous?: Builder | undefined } | null;
}

/**
 * @returns the builder; undefined where nothing is to be built.
 * @throws GoogLeNetError `TOOL_MISSING`
 */
export async function checkTools({ python, addon }: SetupNeeds): Promise<Builder | undefined> {
  const interpreter: PythonProblem = python === null ? { missing: [] } : await pythonProblem(python);
  const choice = addon && (await chooseBuilder(addon.wanted, addon.previous));
  const missing = new Set<Tool>([...interpreter.missing, ...(choice?.missing ?? [])]);
  const tasks = [
    ...(python === null ? [] : ['install libtorch']),
    ...(addon ? ['build the native addon'] : []),
  ];
  const messages = [
    ...(interpreter.refused === undefined ? [] : [`Cannot install libtorch: ${interpreter.refused}`]),
    ...(missing.size === 0 ? [] : [toolsMissing([...missing], tasks.join(' and ')).message]),
  ];
  if (messages.length > 0) throw new GoogLeNetError('TOOL_MISSING', messages.join('\n'));
  return choice?.builder;
}
