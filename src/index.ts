/** The public API of googlenet-libtorch. */

export { backends, useDeterministicAlgorithms } from './backends.js';
export type { CallOptions, MaxQueue, Pending } from './call-queue.js';
export {
  type Classification,
  type ClassifyOptions,
  loadImages,
  type PictureSource,
  topK,
} from './classifier.js';
export { type Conversion, type ConvertOptions, convertWeights } from './convert.js';
export { ArrayDataset, type ArrayDatasetOptions } from './data/array-dataset.js';
export type {
  AreaCrop,
  Augment,
  AugmentOptions,
  AugmentParts,
  Interpolation,
  Range,
} from './data/augment.js';
export { type Batch, type BatchesOptions, batches } from './data/batches.js';
export type { Crops } from './data/crops.js';
export type { Dataset, Picture } from './data/dataset.js';
export { type DecodeImageOptions, decodeImage } from './data/decode.js';
export type { DecodeOptions } from './data/decode-options.js';
export { FASHION_MNIST_CLASSES, IdxDataset, type IdxOptions } from './data/idx-dataset.js';
export { ImageFolder, type ImageFolderOptions, type Sample } from './data/image-folder.js';
export { type EpochOptions, Loader, type LoaderOptions, type LoaderPlan } from './data/loader.js';
export { type EpochOrderOptions, epochOrder } from './data/sampler.js';
export type { Shard } from './data/shards.js';
export { type SplitOptions, split } from './data/split.js';
export {
  fromIterable,
  type OpenStream,
  StreamDataset,
  type StreamItem,
  type StreamOptions,
} from './data/stream-dataset.js';
export {
  IMAGENET_MEAN,
  IMAGENET_STD,
  type PreprocessOptions,
  preprocess,
  type ResizeCropOptions,
} from './data/transforms.js';
export type { Skipped, Unreadable } from './data/unreadable.js';
export { Engine, type EngineDescription, type EngineStep } from './engine/engine.js';
export type {
  Calibration,
  EngineOptions,
  EnginePrecision,
  EngineTier,
  LoadEngineOptions,
  OptimizeOptions,
} from './engine/options.js';
export { ERROR_CODES, type ErrorCode, GoogLeNetError } from './errors.js';
export {
  type ClassResult,
  type EvaluateOptions,
  type EvaluateResult,
  evaluate,
} from './evaluate.js';
export { type ExplainOptions, type Explanation, explain } from './explain.js';
export type { DownloadProgress } from './hub/download.js';
export { labels } from './labels/index.js';
export type { ModelDescription } from './models/description.js';
export {
  GoogLeNet,
  type GoogLeNetConstructor,
  type GoogLeNetOptions,
  type LoadModelOptions,
  type PretrainedOptions,
} from './models/googlenet.js';
export {
  ImageClassifier,
  type LoadAnyOptions,
  type Logits,
} from './models/image-classifier.js';
export {
  InceptionModule,
  type InceptionModuleOptions,
  NaiveInceptionModule,
  type NaiveInceptionModuleOptions,
} from './models/inception.js';
export type { InputSizes } from './models/input-size.js';
export { type LoadModelAnyOptions, loadModel } from './models/load.js';
export type { LayerSummary, ModelSummary } from './models/summary.js';
export type { VariantName } from './models/variants/index.js';
export {
  type LoadXceptionOptions,
  type SeparableOrder,
  Xception,
  type XceptionOptions,
} from './models/xception.js';
export type { Device } from './module.js';
export {
  getNumThreads,
  type LibtorchInfo,
  libtorch,
  manualSeed,
  prepareDevice,
  setNumThreads,
} from './runtime.js';

export type { Difference, StateDict, StateTensor, TypedArray } from './state-dict.js';
export type { DType, Images, Tensor } from './tensor.js';
export { readCheckpoint } from './train/checkpoint.js';
export type { Precision, SgdOptions, TrainerConfig, TrainerOptions } from './train/config.js';
export type { EarlyStoppingOptions } from './train/early-stopping.js';
export type { EndEvent, EpochEvent, FitEvent, FitOptions, FitResult, StepEvent } from './train/fit.js';
export type { Best, EpochSummary, Progress } from './train/progress.js';
export type { CheckpointEvent, WarningEvent } from './train/run-checkpoints.js';
export { lrAt, type Position, type Schedule, type ScheduleOptions } from './train/schedule.js';
export type { Scores } from './train/scores.js';
export {
  type BatchEvaluation,
  type BatchResult,
  type Labels,
  type StepResult,
  Trainer,
} from './train/trainer.js';
export type { Prediction, ValidateOptions, Validation, ValidationEvent } from './train/validation.js';
