/** What the training loop and loggers use of a `Trainer`. */
import type { Images } from '../core/tensor.js';
import type { StateDict } from '../weights/state-dict.js';
import type { BatchEvaluator, Labels, StepResult } from './batch-result.js';
import type { OpenCheckpoint } from './checkpoint.js';
import type { TrainerConfig } from './config.js';
import type { TrainState } from './train-state.js';

export interface RunTrainer extends BatchEvaluator {
  readonly config: TrainerConfig;
  state: TrainState;
  totalSteps: number | null;
  /** @internal Weights of the best epoch so far, in a fit that stops early. */
  bestWeights: StateDict | null;
  /** @internal The folder of the checkpoint that was loaded, or that `fit` wrote last: the one that holds this run's. */
  checkpointDir: string | null;
  /** @internal `fit` has put the best or EMA weights into the model, from which no run resumes. */
  isFinished: boolean;
  step(images: Images, labels: Labels): Promise<StepResult>;
  weights(): Promise<StateDict>;
  saveWeights(path: string): Promise<void>;
  applyEma(): Promise<void>;
  saveCheckpoint(path: string, options: { score: number | null }): Promise<void>;
  /** @internal Loads a checkpoint that is open already, and stays open. */
  restore(checkpoint: OpenCheckpoint): Promise<void>;
}
