/** Options under their names on both sides. */
import { GoogLeNet, type SeparableOrder, type VariantName, Xception } from '../../src/index.js';

export interface ModelOptions {
  /** Default `reference`. */
  architecture?: VariantName | 'xception';
  numClasses: number;
  auxLogits?: boolean;
  initWeights?: boolean;
  dropout?: number;
  dropoutAux?: number;
  transformInput?: boolean;
  order?: SeparableOrder;
  reluBetween?: boolean;
  channelsLast?: boolean;
}

/** What Python does where a case says nothing, and what is not the default here. */
export const AS_PYTHON = { initWeights: false, channelsLast: false, device: 'cpu' } as const;

/** Our model of these options. */
export function build(
  { architecture = 'reference', ...options }: ModelOptions,
  seed: number,
): GoogLeNet | Xception {
  const all = { ...AS_PYTHON, ...options, seed };
  return architecture === 'xception' ? new Xception(all) : new GoogLeNet({ variant: architecture, ...all });
}

/** `auxLogits` → `aux_logits`, at every depth of plain objects. */
export function snakeCase(options: object): Record<string, unknown> {
  const entries = Object.entries(options).map(([key, value]) => [
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    typeof value === 'object' && value !== null && !Array.isArray(value) ? snakeCase(value) : value,
  ]);
  return Object.fromEntries(entries);
}
