import type { SeparableOrder } from './xception.js';

interface Description {
  numClasses: number;
  auxLogits: boolean;
  /** Names of the classes, where they are known. */
  classes?: readonly string[];
  /** As the model was trained with. */
  dropout?: number;
}

export interface GoogLeNetDescription extends Description {
  architecture: 'googlenet';
  variant: string;
  dropoutAux?: number;
  transformInput?: boolean;
}

export interface XceptionDescription extends Description {
  architecture: 'xception';
  auxLogits: false;
  order: SeparableOrder;
  reluBetween?: boolean;
}

/** What a weights file says of its model beside the numbers. */
export type ModelDescription = GoogLeNetDescription | XceptionDescription;
