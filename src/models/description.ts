/** The paper's separable convolution is depthwise first; pointwise first is the "extreme Inception" that it is derived from. */
export type SeparableOrder = 'depthwise-first' | 'pointwise-first';

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

/** What a file of weights says of its model, apart from the tensors. */
export type ModelDescription = GoogLeNetDescription | XceptionDescription;
