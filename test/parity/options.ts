/** Options under their names on both sides. */

export interface ModelOptions {
  numClasses: number;
  auxLogits: boolean;
  initWeights?: boolean;
  dropout?: number;
  dropoutAux?: number;
  channelsLast?: boolean;
}

/** `auxLogits` → `aux_logits`, at every depth of plain objects. */
export function snakeCase(options: object): Record<string, unknown> {
  const entries = Object.entries(options).map(([key, value]) => [
    key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    typeof value === 'object' && value !== null && !Array.isArray(value) ? snakeCase(value) : value,
  ]);
  return Object.fromEntries(entries);
}
