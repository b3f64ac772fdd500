/** The public API of googlenet-libtorch. */

export type { ClassMetrics, MacroAverages } from './core/class-metrics.js';
export type { Device } from './core/device.js';
export { ERROR_CODES, type ErrorCode, GoogLeNetError } from './core/errors.js';
export type { DType, Images, Tensor } from './core/tensor.js';
export type { OutputStream } from './core/terminal.js';
export { ArrayDataset, type ArrayDatasetOptions } from './data/array-dataset.js';
export type {
  Augment,
  AugmentOptions,
  AugmentParts,
  Interpolation,
  RandomResizedCrop,
  Range,
} from './data/augment.js';
export { type Batch, type BatchesOptions, batches } from './data/batches.js';
export type { Crops } from './data/crops.js';
export {
  DataLoader,
  type DataLoaderOptions,
  type DataLoaderPlan,
  type EpochOptions,
} from './data/data-loader.js';
export type { Dataset, RawImage } from './data/dataset.js';
export { type DecodeImageOptions, decodeImage } from './data/decode.js';
export type { OnDecodeError, Skipped } from './data/decode-errors.js';
export type { DecodeOptions, Decoding } from './data/decode-options.js';
export { FASHION_MNIST_CLASSES, IdxDataset, type IdxOptions } from './data/idx-dataset.js';
export { ImageFolder, type ImageFolderOptions, type ImageFolderSample } from './data/image-folder.js';
export { type EpochIndicesOptions, epochIndices } from './data/sampler.js';
export type { Shard } from './data/shards.js';
export { type SplitOptions, split } from './data/split.js';
export {
  fromIterable,
  type OpenStream,
  StreamDataset,
  type StreamOptions,
  type StreamSample,
} from './data/stream-dataset.js';
export {
  IMAGENET_MEAN,
  IMAGENET_STD,
  type PreprocessOptions,
  preprocess,
  type ResizeCropOptions,
} from './data/transforms.js';
export type { EngineDescription, EngineStep } from './engine/description.js';
export { Engine } from './engine/engine.js';
export type {
  Calibration,
  EngineBackend,
  EngineOptions,
  EnginePrecision,
  LoadEngineOptions,
  OptimizeOptions,
} from './engine/options.js';
export type { DownloadProgress } from './hub/download.js';
export { labels } from './hub/labels/index.js';
export type { Classifier, Logits } from './inference/classifier.js';
export type { ClassifyOptions } from './inference/classify.js';
export { type EvaluateOptions, evaluate } from './inference/evaluate.js';
export type { ClassEvaluation, Evaluation } from './inference/evaluation.js';
export {
  type ExplainOptions,
  type Explanation,
  explain,
  type GradCamClassifier,
} from './inference/explain.js';
export { type ImageInput, loadImages } from './inference/image-input.js';
export type { InputSizes } from './inference/input-size.js';
export type { BatchEvaluation, BatchResult, MetricAccumulator, Metrics } from './inference/metrics.js';
export { type Classification, topK } from './inference/top-k.js';
export type { ArchitectureName } from './models/architectures.js';
export { type Conversion, type ConvertOptions, convertWeights } from './models/convert-weights.js';
export type {
  GoogLeNetDescription,
  ModelDescription,
  SeparableOrder,
  XceptionDescription,
} from './models/description.js';
export {
  GoogLeNet,
  type GoogLeNetConstructor,
  type GoogLeNetOptions,
  type LoadModelOptions,
  type PretrainedOptions,
} from './models/googlenet.js';
export { ImageClassifier } from './models/image-classifier.js';
export {
  InceptionModule,
  type InceptionModuleOptions,
  NaiveInceptionModule,
  type NaiveInceptionModuleOptions,
} from './models/inception.js';
export { type LoadModelAnyOptions, loadModel } from './models/load.js';
export type { LoadAnyOptions } from './models/load-weights.js';
export type { LayerSummary, ModelSummary } from './models/summary.js';
export type { VariantName } from './models/variants/index.js';
export {
  type LoadXceptionOptions,
  Xception,
  type XceptionOptions,
} from './models/xception.js';
export { backends, useDeterministicAlgorithms } from './native/backends.js';
export type { CallOptions, MaxQueue, Pending } from './native/call-queue.js';
export {
  getNumThreads,
  type LibtorchInfo,
  libtorch,
  prepareDevice,
  setNumThreads,
} from './native/runtime.js';
export { manualSeed } from './native/seeds.js';
export { ConsoleLogger, type ConsoleLoggerOptions } from './run/console-logger.js';
export { CsvLogger, type CsvLoggerOptions } from './run/csv-logger.js';
export type { EpochMetrics, EpochRecord, Metric } from './run/records/records.js';
export type { DataSource, RunDescription } from './run/run-description.js';
export { RunFolder, type RunFolderOptions } from './run/run-folder.js';
export type { TrainingSettings } from './run/settings.js';
export type { Labels, StepResult } from './train/batch-result.js';
export { type Checkpoint, readCheckpoint } from './train/checkpoint.js';
export type { Precision, SgdOptions, TrainerConfig, TrainerOptions } from './train/config.js';
export type { TrainingSource } from './train/datasets.js';
export type { EarlyStoppingOptions } from './train/early-stopping.js';
export type {
  CheckpointEvent,
  EndEvent,
  EpochEvent,
  FitEvent,
  FitResult,
  StepEvent,
  WarningEvent,
} from './train/fit-events.js';
export type { FitOptions } from './train/fit-options.js';
export type { FitRun } from './train/fit-run.js';
export type { Logger, ResolvedSettings, RunStart } from './train/logger.js';
export type { RunTrainer } from './train/run-trainer.js';
export {
  type ConstantRate,
  type CosineDecay,
  lrAt,
  type PolynomialDecay,
  type Schedule,
  type ScheduleOptions,
  type SchedulePosition,
  type StepDecay,
} from './train/schedule.js';
export type { Best, EpochSummary, TrainState } from './train/train-state.js';
export { Trainer } from './train/trainer.js';
export type { Prediction, ValidateOptions, Validation, ValidationEvent } from './train/validation.js';
export type { Difference, StateDict, StateTensor, TypedArray } from './weights/state-dict.js';
