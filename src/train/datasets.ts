import type { Dataset } from '../data/dataset.js';
import type { StreamDataset } from '../data/stream-dataset.js';

/** What a model can be trained on. */
export type TrainingSource = Dataset | StreamDataset;
