import { GoogLeNetError } from '../../errors.js';
import type { GoogLeNet } from '../../model.js';
import type { Images } from '../../tensor.js';
import type { TrainerOptions } from '../../train/config.js';
import { type BatchResult, type Labels, Trainer } from '../../train/trainer.js';

export interface Watcher {
  signal: AbortSignal;
  /** After each batch of the validation. */
  onEvaluated(pictures: number): void;
}

/** Shows how far a validation is, and lets Ctrl-C stop it between two batches: the loop of `fit` does neither. */
export class WatchedTrainer extends Trainer {
  readonly #watcher: Watcher;

  constructor(model: GoogLeNet, options: TrainerOptions, watcher: Watcher) {
    super(model, options);
    this.#watcher = watcher;
  }

  override async evaluate(images: Images, labels: Labels): Promise<BatchResult> {
    if (this.#watcher.signal.aborted) throw new GoogLeNetError('ABORTED', 'The validation was interrupted.');
    const result = await super.evaluate(images, labels);
    this.#watcher.onEvaluated(labels.length);
    return result;
  }
}
