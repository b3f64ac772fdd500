/** What a validated epoch leaves in `validation.json`. */
export interface ValidationRecord {
  epoch: number;
  step: number;
  classes: string[];
  /** `confusion[label][predicted]` pictures. */
  confusion: number[][];
  /** At most 24, highest loss first, only wrong ones. */
  mistakes: PicturePrediction[];
  /** At most 12, the same pictures each epoch, spread over the set. */
  samples: PicturePrediction[];
}

export interface PicturePrediction {
  name: string;
  label: number;
  predicted: number;
  /** Of the predicted class. */
  probability: number;
  labelProbability: number;
  /** A data URL of WebP or PNG. */
  picture: string;
}
