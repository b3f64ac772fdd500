import { Interrupt } from '../../src/cli/interrupt.js';

let interrupt: Interrupt;
const heard = jest.fn();
const exit = jest.spyOn(process, 'exit').mockImplementation((() => undefined) as never);
const now = jest.spyOn(performance, 'now');

beforeEach(() => {
  jest.clearAllMocks();
  now.mockReturnValue(1000);
  interrupt = new Interrupt(heard);
});

afterEach(() => interrupt.release());
afterAll(() => jest.restoreAllMocks());

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s asks for an orderly end with exit status %i', (signal, status) => {
  expect([interrupt.status, interrupt.signal.aborted]).toEqual([null, false]);
  process.emit(signal, signal);
  expect([interrupt.status, interrupt.signal.aborted]).toEqual([status, true]);
  expect(heard).toHaveBeenCalledWith(signal);
  expect(exit).not.toHaveBeenCalled();
});

test('the same key press, passed on by npm as well, counts once', () => {
  process.emit('SIGINT', 'SIGINT');
  now.mockReturnValue(1400);
  process.emit('SIGINT', 'SIGINT');
  expect(heard).toHaveBeenCalledTimes(1);
  expect(exit).not.toHaveBeenCalled();
});

test('a second key press ends the process at once', () => {
  process.emit('SIGINT', 'SIGINT');
  now.mockReturnValue(1600);
  process.emit('SIGINT', 'SIGINT');
  expect(exit).toHaveBeenCalledWith(130);
});

test('after its release signals do again what they did before', () => {
  const before = process.listenerCount('SIGINT');
  interrupt.release();
  expect(process.listenerCount('SIGINT')).toBe(before - 1);
});
