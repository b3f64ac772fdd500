import { stat } from 'node:fs';

/**
 * Node starts the threads that read files and decode images at the first of either, and ends the process where it gets none. So they
 * start before a model or engine takes the last one: what is missing is then one of ours, which is an error.
 */
export function startThreadPool(): void {
  stat('/', () => undefined);
}
