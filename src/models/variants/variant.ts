import type { InputSizes } from '../../inference/input-size.js';
import type { InitMethod } from '../module.js';

/** What TypeScript knows of a variant of GoogLeNet; its layers are in `native/models/variants/`. */
export interface Variant {
  /** As `new GoogLeNet({ variant })` names it. */
  readonly name: string;
  /** In titles. */
  readonly title: string;
  /** A tensor that no other variant has. */
  readonly sign: string;
  /** Probabilities of zeroing before the main and the auxiliary classifiers. */
  readonly dropout: number;
  readonly dropoutAux: number;
  /** How `initWeights` draws them. */
  readonly init: InitMethod;
  readonly inputSizes: InputSizes;
  /** The linear layers that give the logits, that of the main classifier first. */
  readonly heads: readonly string[];
  /** Whether the auxiliary heads have logits in evaluation mode too. */
  readonly auxInEvaluation: boolean;
  /** The last module whose output has spatial positions: the default of Grad-CAM. */
  readonly targetLayer: string;
  /** Takes `transformInput`. */
  readonly transformsInput: boolean;
}
