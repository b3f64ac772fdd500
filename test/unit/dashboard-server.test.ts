import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { Dashboard, type DashboardOptions } from '../../src/dashboard/dashboard.js';
import { isLoopback } from '../../src/dashboard/guard.js';
import { errorWith } from '../support/errors.js';
import { EventStreamClient } from '../support/event-stream-client.js';
import { epochRecord, lines, SETTINGS, stepRecord, validationRecord } from '../support/live-run.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const at = temporaryFolder();
const opened: Dashboard[] = [];

async function open(more: Partial<DashboardOptions> = {}): Promise<Dashboard> {
  const dashboard = await Dashboard.open({ runDir: at(), ...more });
  opened.push(dashboard);
  return dashboard;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((dashboard) => dashboard.close()));
});

interface Answer {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Sends the path as it is written; `fetch` would normalize it. */
function ask(
  url: string,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ host: hostname, port, path, method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });
}

test('the state holds the content of the folder, and what was published since', async () => {
  await writeFile(at('settings.json'), JSON.stringify(SETTINGS));
  await writeFile(at('metrics.jsonl'), lines(stepRecord(1), stepRecord(2)));
  await writeFile(at('validation.json'), JSON.stringify(validationRecord()));
  const dashboard = await open();
  dashboard.publish(stepRecord(3));
  dashboard.publish({ type: 'progress', phase: 'training', done: 48, total: 160, secondsLeft: 37 });
  const { status, body } = await ask(dashboard.url, '/state');
  expect(status).toBe(200);
  const state = JSON.parse(body);
  expect(state).toMatchObject({
    settings: SETTINGS,
    status: { state: 'running' },
    progress: { step: 3, epochs: 4, done: 48, secondsLeft: 37 },
    validation: validationRecord(),
  });
  expect(state.steps.rows.map((row: number[]) => row[0])).toEqual([1, 2, 3]);
});

test('the end of a run reaches pages before the connection closes', async () => {
  const dashboard = await open();
  const stream = await EventStreamClient.open(dashboard.url);
  await stream.until(() => stream.of('snapshot').length === 1);
  dashboard.publish(stepRecord(1));
  dashboard.end('failed', 'The loss became NaN.');
  await dashboard.close();
  await stream.until(() => stream.socket.destroyed);
  expect(stream.of('update').at(-1)?.data).toMatchObject({
    status: { state: 'failed', message: 'The loss became NaN.' },
    progress: { step: 1 },
  });
});

test('close takes at most half a second with open connections, and may be called twice', async () => {
  const dashboard = await open();
  const { hostname, port } = new URL(dashboard.url);
  const idle = connect({ host: hostname, port: Number(port) });
  await once(idle, 'connect');
  const deaf = await EventStreamClient.open(dashboard.url, { reads: false });
  const begin = performance.now();
  await Promise.all([dashboard.close(), dashboard.close()]);
  expect(performance.now() - begin).toBeLessThan(1000);
  await expect(ask(dashboard.url, '/')).rejects.toThrow('ECONNREFUSED');
  idle.destroy();
  deaf.close();
});

test('a signal closes it', async () => {
  const controller = new AbortController();
  const dashboard = await open({ signal: controller.signal });
  expect((await ask(dashboard.url, '/')).status).toBe(200);
  controller.abort();
  await dashboard.close();
  await expect(ask(dashboard.url, '/')).rejects.toThrow('ECONNREFUSED');
});

test('publishing after close is no error', async () => {
  const dashboard = await open();
  await dashboard.close();
  dashboard.publish(stepRecord(1));
  dashboard.publish(epochRecord(1));
  dashboard.publishValidation(validationRecord());
  dashboard.end('completed');
});

describe('the server answers', () => {
  test.each(['127.0.0.1:1', 'localhost', 'localhost:9000', 'LOCALHOST', '[::1]:80', '127.0.0.1'])(
    'requests for the host %s',
    async (host) => {
      const { url } = await open();
      expect((await ask(url, '/state', { host })).status).toBe(200);
    },
  );

  test.each([
    'evil.example',
    'evil.example:80',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.168.1.7',
    '[::1].evil.example',
  ])('no requests for the host "%s", which a website may have resolved to this address', async (host) => {
    const { url } = await open();
    for (const path of ['/', '/state', '/events']) {
      expect((await ask(url, path, { host })).status).toBe(403);
    }
  });

  test('no requests without a host', async () => {
    const { hostname, port } = new URL((await open()).url);
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write('GET /state HTTP/1.0\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 403 /);
    socket.destroy();
  });

  test('no requests of another website, except for following a link', async () => {
    const { url } = await open();
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await ask(url, '/', headers)).status).toBe(200);
    for (const path of ['/state', '/events', '/main.mjs']) {
      expect((await ask(url, path, headers)).status).toBe(403);
    }
  });

  test('only GET and HEAD', async () => {
    const { url } = await open();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      expect(await ask(url, '/state', {}, method)).toMatchObject({
        status: 405,
        headers: { allow: 'GET, HEAD' },
      });
    }
    expect(await ask(url, '/state', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
    expect(await ask(url, '/events', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  });

  test('no requests on another address of the machine', async () => {
    const { url } = await open();
    const { port } = new URL(url);
    const others = Object.values(networkInterfaces())
      .flatMap((found) => found ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal);
    for (const { address } of others) {
      await expect(ask(`http://${address}:${port}`, '/')).rejects.toThrow('ECONNREFUSED');
    }
    expect(isLoopback(new URL(url).hostname)).toBe(true);
  });

  test('with a --host for other machines, requests for addresses in digits and names of this machine', async () => {
    const { url } = await open({ host: '0.0.0.0' });
    const own = [hostname(), `${hostname().toUpperCase()}:80`, `${hostname()}.local`, 'localhost:9000'];
    for (const host of ['192.0.2.1', '192.0.2.1:8000', '[2001:db8::1]:8000', ...own]) {
      expect({ host, status: (await ask(url, '/state', { host })).status }).toEqual({ host, status: 200 });
    }
    // A website's name may have been made to lead here, and begin like one of this machine.
    const others = ['machine.example', `${hostname()}.evil.example`, '192.0.2.1.evil.example', '[evil]'];
    for (const host of others) {
      expect({ host, status: (await ask(url, '/state', { host })).status }).toEqual({ host, status: 403 });
    }
  });
});

test('no path leads to a file outside the page', async () => {
  await writeFile(at('settings.json'), JSON.stringify(SETTINGS));
  const { url } = await open();
  const paths = [
    ...['/settings.json', '/metrics.jsonl', '/../settings.json', '/page/../../dashboard.js', '//etc/passwd'],
    ...['/%2e%2e/%2e%2e/package.json', '/..%2fpackage.json', '/main.mjs/..', '/MAIN.mjs', '/main.mjs%00'],
    ...['/__proto__', '/constructor', '/%', '/favicon.ico', '/state/', 'http://evil.example/state'],
  ];
  for (const path of paths) expect([path, (await ask(url, path)).status]).toEqual([path, 404]);
});

test('every response forbids browsers to run and embed anything else', async () => {
  const { url } = await open();
  for (const path of ['/', '/style.css', '/echarts.js', '/state', '/nowhere']) {
    const { headers } = await ask(url, path);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
  const { body } = await ask(url, '/');
  expect(body).not.toMatch(/<script(?![^>]* src=)|<style|style=|onclick/);
});

describe('a dashboard cannot be opened with', () => {
  test('a port in use', async () => {
    const { url } = await open();
    const port = Number(new URL(url).port);
    await expect(open({ port })).rejects.toMatchObject(errorWith('ADDRESS_IN_USE', String(port), '--port'));
  });

  test.each<[string, object, string]>([
    ['a port that is none', { port: 65_536 }, 'port'],
    ['half a port', { port: 1.5 }, 'port'],
    ['an empty host', { host: '' }, 'host'],
    ['a host of another machine', { host: '192.0.2.1' }, '192.0.2.1'],
    ['a misspelt option', { hots: '127.0.0.1' }, 'hots'],
    ['a signal that is none', { signal: 3 }, 'signal'],
  ])('%s', async (_, more, mention) => {
    await expect(open(more)).rejects.toMatchObject(errorWith('INVALID_ARGUMENT', mention));
  });

  test('a missing folder, a file, or a folder without a run to follow', async () => {
    await writeFile(at('file'), '');
    await expect(open({ runDir: at('none') })).rejects.toMatchObject(errorWith('FILE_NOT_FOUND', 'none'));
    await expect(open({ runDir: at('file') })).rejects.toMatchObject(errorWith('FILE_NOT_FOUND', 'no run'));
    await expect(open({ follow: true })).rejects.toMatchObject(errorWith('FILE_NOT_FOUND', 'no run'));
  });

  test('an aborted signal', async () => {
    await expect(open({ signal: AbortSignal.abort() })).rejects.toMatchObject(errorWith('ABORTED'));
  });

  test.each([
    ['metrics.jsonl', 'hello\n'],
    ['settings.json', '[1, 2]'],
    ['validation.json', '{}'],
    ['validation.json', JSON.stringify(validationRecord({ confusion: [[1]] }))],
    [
      'validation.json',
      JSON.stringify({ ...validationRecord(), samples: [{ name: 'a', image: 'javascript:1' }] }),
    ],
  ])('a damaged %s', async (name, content) => {
    await writeFile(at(name), content);
    await expect(open()).rejects.toMatchObject(errorWith('INVALID_RUN_LOG', name));
  });
});
