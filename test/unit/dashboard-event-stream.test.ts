import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStream, type EventStreamLimits } from '../../src/dashboard/event-stream.js';
import { RunState } from '../../src/dashboard/run-state.js';
import { EventStreamClient } from '../support/event-stream-client.js';
import { stepRecord, validationRecord } from '../support/live-run.js';

let run: RunState;
let eventStream: EventStream;
let server: Server;
let url: string;
/** The server's side of each connection, in order. */
let responses: ServerResponse[];
let streams: EventStreamClient[];

async function serve(limits: Partial<EventStreamLimits> = {}): Promise<void> {
  run = new RunState('run');
  eventStream = new EventStream(run, limits);
  responses = [];
  streams = [];
  server = createServer((_, response) => {
    responses.push(response);
    if (!eventStream.connect(response)) response.writeHead(503).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function open(options?: { reads: boolean }): Promise<EventStreamClient> {
  const before = responses.length;
  const stream = await EventStreamClient.open(url, options);
  streams.push(stream);
  await stream.until(() => responses.length > before);
  return stream;
}

afterEach(() => {
  eventStream.close();
  for (const stream of streams) stream.close();
  server.close();
});

const publish = (step: number) => {
  run.apply(stepRecord(step));
  eventStream.notifyChange();
};

test('a page gets a snapshot first, then updates', async () => {
  await serve({ intervalMs: 10 });
  publish(1);
  const stream = await open();
  await stream.until(() => stream.of('snapshot').length === 1);
  expect(stream.of('snapshot')[0]?.data.steps.rows).toHaveLength(1);
  publish(2);
  await stream.until(() => stream.of('update').some(({ data }) => data.progress.step === 2));
  expect(stream.of('update').at(-1)?.data.steps).toMatchObject({
    start: 1,
    rows: [[2, 1, 0.01, 1.5, 1, 1.1, 1.05, 0.5, 0.4, 0.45, null, 16]],
  });
  expect(stream.events.map(({ id }) => id)).toEqual([...stream.events.map(({ id }) => id)].sort());
});

test('steps arrive together, at most once in an interval', async () => {
  await serve({ intervalMs: 100 });
  const stream = await open();
  await stream.until(() => stream.of('snapshot').length === 1);
  const begin = performance.now();
  for (let step = 1; step <= 200; step++) {
    publish(step);
    await sleep(2);
  }
  const intervals = (performance.now() - begin) / 100;
  await stream.until(() => stream.of('update').at(-1)?.data.progress.step === 200);
  const updates = stream.of('update');
  expect(updates.length).toBeLessThanOrEqual(Math.ceil(intervals) + 2);
  expect(updates.flatMap(({ data }) => data.steps.rows.map((row: number[]) => row[0]))).toEqual(
    Array.from({ length: 200 }, (_, i) => i + 1),
  );
});

test('a message is built once for all pages', async () => {
  await serve({ intervalMs: 10 });
  const pages = [await open(), await open(), await open()];
  publish(1);
  for (const page of pages) await page.until(() => page.of('update').length > 0);
  const ids = pages.map((page) => page.of('update')[0]?.id);
  expect(new Set(ids).size).toBe(1);
});

test('without an open page no message is built, and no changes accumulate', async () => {
  await serve({ intervalMs: 1 });
  const made = jest.spyOn(JSON, 'stringify');
  for (let step = 1; step <= 100; step++) publish(step);
  await sleep(30);
  expect(made).not.toHaveBeenCalled();
  made.mockRestore();
  const stream = await open();
  await stream.until(() => stream.of('snapshot').length === 1);
  publish(101);
  await stream.until(() => stream.of('update').length > 0);
  expect(stream.of('update')[0]?.data.steps.rows).toHaveLength(1);
});

test('images arrive once, and again after the next validation', async () => {
  await serve({ intervalMs: 10 });
  run.setValidation(validationRecord());
  const stream = await open();
  await stream.until(() => stream.of('validation').length === 1);
  publish(1);
  await stream.until(() => stream.of('update').length > 0);
  run.setValidation(validationRecord({ epoch: 2 }));
  eventStream.notifyValidation();
  await stream.until(() => stream.of('validation').length === 2);
  expect(stream.of('validation').map(({ data }) => data.epoch)).toEqual([1, 2]);
});

test('a matrix of many classes is not sent', async () => {
  await serve();
  const classes = Array.from({ length: 31 }, (_, i) => `class ${i}`);
  run.setValidation(validationRecord({ classes, confusion: classes.map(() => classes.map(() => 1)) }));
  const stream = await open();
  await stream.until(() => stream.of('validation').length === 1);
  expect(stream.of('validation')[0]?.data).toMatchObject({ confusion: null, classes });
});

describe('a client that does not read', () => {
  /** More than the buffers of the system hold, so that the rest waits in this process. */
  const LARGE = 16 * 2 ** 20;
  const waiting = () => responses[0]?.writableLength ?? 0;

  test('is skipped and takes no more memory, however many records there are', async () => {
    await serve({ intervalMs: 1 });
    run.setSettings({ filler: 'x'.repeat(LARGE) });
    run.update();
    await open({ reads: false });
    const quick = await open();
    await quick.until(() => quick.of('snapshot').length === 1);
    const before = waiting();
    expect(before).toBeGreaterThan(LARGE / 2);
    const made = jest.spyOn(run, 'snapshot');
    for (let step = 1; step <= 1500; step++) {
      publish(step);
      run.setValidation(validationRecord({ epoch: step }));
      eventStream.notifyValidation();
      if (step % 10 === 0) await sleep(1);
    }
    await quick.until(() => quick.events.at(-1)?.data?.progress?.step === 1500);
    expect(waiting()).toBeLessThanOrEqual(before);
    expect(made).not.toHaveBeenCalled();
  });

  test('gets a new snapshot when it reads again', async () => {
    await serve({ intervalMs: 1 });
    run.setSettings({ filler: 'x'.repeat(LARGE) });
    run.update();
    const late = await open({ reads: false });
    for (let step = 1; step <= 50; step++) publish(step);
    run.setValidation(validationRecord());
    eventStream.notifyValidation();
    await sleep(30);
    run.setSettings({});
    eventStream.flush();
    late.read();
    await late.until(() => late.of('validation').length === 1);
    expect(late.of('snapshot').map(({ data }) => data.progress.step)).toEqual([0, 50]);
    publish(51);
    await late.until(() => late.of('update').length === 1);
    expect(late.of('update')[0]?.data.steps.start).toBe(50);
  });

  test('is disconnected after a while', async () => {
    await serve({ heartbeatMs: 20, maxLagMs: 200 });
    run.setSettings({ filler: 'x'.repeat(LARGE) });
    await open({ reads: false });
    const slow = responses[0] as ServerResponse;
    const begin = performance.now();
    await once(slow, 'close');
    expect(performance.now() - begin).toBeGreaterThan(190);
  });
});

test('the number of open pages is limited, and closing one admits another', async () => {
  await serve({ maxClients: 2 });
  const [first] = [await open(), await open()];
  await open();
  expect(responses[2]?.statusCode).toBe(503);
  first.close();
  await once(responses[0] as ServerResponse, 'close');
  await open();
  expect(responses[3]?.statusCode).toBe(200);
});

test('heartbeats arrive while nothing happens', async () => {
  await serve({ heartbeatMs: 10 });
  const stream = await open();
  await stream.until(() => stream.of('heartbeat').length >= 2);
});
