// The sections of `npm run bench`. Each measures some sides, prints a table and appends its raw figures to `records`.
import { REFERENCE, script } from './inference-sides.mjs';
import { jsonOf, timeProcess } from './side.mjs';
import { interleave, median, percentile } from './statistics.mjs';
import { mib, microseconds, ms, numberOf, print, rateOf, timeOf } from './table.mjs';

const BATCHES = [
  { batch: 1, turn: 200, rounds: 12 },
  { batch: 8, turn: 200, rounds: 8 },
  { batch: 32, turn: 200, rounds: 6 },
];
/** @returns batch size → what {@link timeBatch} returns. */
export async function timeBatches(context) {
  const results = {};
  for (const one of BATCHES) results[one.batch] = await timeBatch(context, one);
  return results;
}

/** Takes turns of equal length. @returns name → milliseconds of every run, and logits of the first image. */
async function timeBatch({ sides, times, records }, { batch, turn, rounds }) {
  const operations = Object.fromEntries(
    sides.map(({ name, side }) => [name, () => side.ask('forward', { batch, turn })]),
  );
  const record = (side, round, { ms }) => records.push({ case: `batch ${batch}`, side, round, ms });
  const replies = await interleave(operations, { warmup: 2, runs: times(rounds) }, record);
  return Object.fromEntries(
    Object.entries(replies).map(([name, all]) => [
      name,
      {
        ms: all.flatMap((reply) => reply.ms),
        logits: all[0].logits,
      },
    ]),
  );
}

export function printBatches(names, results) {
  const [one, ...larger] = BATCHES;
  const reference = (batch) => results[batch][REFERENCE] && median(results[batch][REFERENCE].ms);
  const against = (batch, name) =>
    reference(batch) ? (median(results[batch][name].ms) / reference(batch)).toFixed(3) : '–';
  const expected = Object.values(results[one.batch])[0].logits;
  const largest = Math.max(...expected.map(Math.abs));
  const offBy = (name) =>
    Math.max(...results[one.batch][name].logits.map((logit, i) => Math.abs(logit - expected[i]))) / largest;
  const rates = (batch, name) => results[batch][name].ms.map((time) => (batch * 1000) / time);
  print(
    'Latency (batch 1) and throughput in images/s (medians ± half the quartile distance; ratios of times to onnxruntime-node’s)',
    [
      '',
      'batch 1',
      'p99',
      'ratio',
      ...larger.flatMap(({ batch }) => [`batch ${batch}, images/s`, 'ratio']),
      'logits off by',
    ],
    names.map((name) => {
      const { ms: latencies } = results[one.batch][name];
      return [
        name,
        timeOf(latencies),
        ms(percentile(latencies, 0.99)),
        against(one.batch, name),
        ...larger.flatMap(({ batch }) => [rateOf(rates(batch, name)), against(batch, name)]),
        offBy(name).toExponential(0),
      ];
    }),
  );
}

/** The event loop while four calls are always in flight. */
export async function pressure({ sides, times, records }) {
  const rows = [];
  for (const { name, side } of sides) {
    const reply = await side.ask('pressure', { inFlight: 4, ms: times(2000) });
    records.push({ case: 'pressure', side: name, ...reply });
    rows.push([name, reply.perSecond.toFixed(0), ms(reply.delayP99), ms(reply.delayMax)]);
  }
  print('Four calls of one image always in flight', ['', 'images/s', 'event-loop delay p99', 'max'], rows);
}

/** Latency after idle: between calls, threads and cores sleep. */
export async function pauses({ sides, times, records }) {
  const pause = 20;
  const operations = Object.fromEntries(
    sides.map(({ name, side }) => [name, () => side.ask('pauses', { calls: 10, pause })]),
  );
  const record = (side, round, { ms }) => records.push({ case: 'pauses', side, round, pause, ms });
  const replies = await interleave(operations, { warmup: 1, runs: times(6) }, record);
  const all = Object.entries(replies).map(([name, rounds]) => [name, rounds.flatMap(({ ms }) => ms)]);
  const reference = replies[REFERENCE] && median(all.find(([name]) => name === REFERENCE)[1]);
  print(
    `Latency after ${pause} ms idle`,
    ['', 'latency', 'p90', 'ratio'],
    all.map(([name, latencies]) => [
      name,
      timeOf(latencies),
      ms(percentile(latencies, 0.9)),
      reference ? (median(latencies) / reference).toFixed(3) : '–',
    ]),
  );
}

export async function compete({ sides, times, records }) {
  const operations = Object.fromEntries(
    sides.map(({ name, side }) => [name, () => side.ask('compete', { runs: 30 })]),
  );
  const record = (side, round, reply) => records.push({ case: 'compete', side, round, ...reply });
  const replies = await interleave(operations, { warmup: 1, runs: times(8) }, record);
  print(
    'Latency next to a busy engine of the same process',
    ['', 'alone', 'next to it', 'ratio'],
    Object.entries(replies).map(([name, rounds]) => [
      name,
      timeOf(rounds.map(({ idle }) => idle)),
      timeOf(rounds.map(({ loaded }) => loaded)),
      numberOf(rounds.map(({ idle, loaded }) => loaded / idle)),
    ]),
  );
}

/** The overhead of a call. */
export async function calls({ threads, records }, plan) {
  const file = script('call-cost.mjs');
  const figures = await jsonOf(process.execPath, [file, plan, String(threads)]);
  records.push({ case: 'calls', ...figures });
  const row = (name, { alone, together }) => [name, microseconds(alone), microseconds(together)];
  print(
    'A call and its answer, of a network with next to nothing to do',
    ['', 'one by one', 'eight in flight, each'],
    [row('engine', figures.engine), row('a job of one byte for Node’s own threads', figures.pool)],
  );
}

export async function coldStarts({ times, records }, commands) {
  const operations = Object.fromEntries(
    Object.entries(commands).map(([name, [file, args]]) => [
      name,
      async () => ({ ms: await timeProcess(file, args) }),
    ]),
  );
  const record = (side, run, reply) => records.push({ case: 'start', side, run, ...reply });
  const replies = await interleave(operations, { warmup: 1, runs: times(7) }, record);
  print(
    'Cold start (process start to the first logits)',
    ['', 'time'],
    Object.entries(replies).map(([name, all]) => [name, timeOf(all.map((reply) => reply.ms))]),
  );
}

/** Resident memory after all batches. */
export async function memory({ sides, records }) {
  const rows = [];
  for (const { name, side } of sides) {
    const { bytes } = await side.ask('rss');
    records.push({ case: 'memory', side: name, bytes });
    rows.push([name, mib(bytes)]);
  }
  return rows;
}
