// Numbers of repeated runs.

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Half the distance between the quartiles, relative to the median. */
export const spread = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q) => sorted[Math.round(q * (sorted.length - 1))];
  return (at(0.75) - at(0.25)) / 2 / median(values);
};

/** The value below which this share of all values lies. */
export const percentile = (values, share) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))];

/** @returns the median of a field of some records. */
export const medianOf = (records, field) => median(records.map((record) => record[field]));

/**
 * Runs operations in turns, so that none of them gets the better minutes of the machine.
 * @param operations name → function that resolves to the figures of one run.
 * @param onRun hears of every run: name, number (negative ones warm up), figures.
 * @returns name → figures of all runs except the warm-up.
 */
export async function interleave(operations, { warmup, runs }, onRun) {
  const names = Object.keys(operations);
  const figures = Object.fromEntries(names.map((name) => [name, []]));
  for (let run = -warmup; run < runs; run++) {
    // A different one is first each time, so that none always runs on the warmer or cooler machine.
    const first = (run + warmup) % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const reply = await operations[name]();
      onRun(name, run, reply);
      if (run >= 0) figures[name].push(reply);
    }
  }
  return figures;
}
