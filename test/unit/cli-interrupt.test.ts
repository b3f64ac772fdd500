import { Interrupt } from '../../src/cli/interrupt.js';
import { RecordingHost } from '../support/host.js';

let host: RecordingHost;
let interrupt: Interrupt;
const heard = jest.fn();
const now = jest.spyOn(performance, 'now');

beforeEach(() => {
  jest.clearAllMocks();
  now.mockReturnValue(1000);
  host = new RecordingHost();
  interrupt = new Interrupt(host, heard);
});

afterEach(() => interrupt.release());
afterAll(() => jest.restoreAllMocks());

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s asks for an orderly end with exit status %i', (signal, status) => {
  expect([interrupt.status, interrupt.signal.aborted]).toEqual([null, false]);
  host.emit(signal, signal);
  expect([interrupt.status, interrupt.signal.aborted]).toEqual([status, true]);
  expect(heard).toHaveBeenCalledWith(signal);
  expect(host.exited).toEqual([]);
});

test('the same key press, passed on by npm as well, counts once', () => {
  host.emit('SIGINT', 'SIGINT');
  now.mockReturnValue(1400);
  host.emit('SIGINT', 'SIGINT');
  expect(heard).toHaveBeenCalledTimes(1);
  expect(host.exited).toEqual([]);
});

test('a second key press ends the process at once', () => {
  host.emit('SIGINT', 'SIGINT');
  now.mockReturnValue(1600);
  host.emit('SIGINT', 'SIGINT');
  expect(host.exited).toEqual([130]);
});

test('after its release signals do again what they did before', () => {
  const before = host.listenerCount('SIGINT');
  interrupt.release();
  expect(host.listenerCount('SIGINT')).toBe(before - 1);
});
