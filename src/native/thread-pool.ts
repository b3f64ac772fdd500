import { stat } from 'node:fs';

/**
 * Node starts the threads that read files and decode images when the first of these tasks comes, and ends the process if it cannot. This
 * starts them before a model or an engine takes the last thread that the system has: then our own thread is missing, which is an error.
 */
export function startThreadPool(): void {
  stat('/', () => undefined);
}
