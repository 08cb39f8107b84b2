/** A training run as its caller sees it: what it needs, and the events that it yields. */
import type { Runtime } from '../../runtime/runtime.ts';
import type { TrainConfig } from '../../train/config.ts';
import type { TrainEvent } from '../../train/loop.ts';
import type { ValidationScores } from '../../train/validation-progress.ts';
import type { Host } from '../host.ts';
import type { TrainingPictures } from '../training-pictures.ts';
import type { InitialModel } from './initial-model.ts';
import type { RunPlace } from './run-place.ts';

/** A run to start or to continue. */
export interface TrainingRun {
  /** The paths of its data are complete. */
  readonly config: TrainConfig;
  readonly place: RunPlace;
  readonly pictures: TrainingPictures;
  readonly host: Pick<Host, 'encode'>;
  readonly runtime: Runtime;
  /** `resume` continues from the checkpoint, or from the start if there is none. */
  readonly mode: 'new' | 'resume';
  /** With mode `new`: the model whose weights the run starts from, by default random ones of its seed. */
  readonly init?: InitialModel | undefined;
  /** Stops the run between two steps, with a checkpoint. */
  readonly signal?: AbortSignal | undefined;
}

/** The best model of a run. */
export interface BestModel extends ValidationScores {
  /** The step whose averaged weights it has. */
  readonly step: number;
  /** The scores of the untouched inputs. */
  readonly input: ValidationScores;
  /** Its folder in the store. */
  readonly model: string;
}

/** The events of a run besides the loop's own. */
export type RunEvent =
  | Extract<TrainEvent, { kind: 'step' | 'chosen' }>
  | {
      readonly kind: 'opened';
      /** How many it trains on. */
      readonly pictures: number;
      /** How many more are held back to validate it. */
      readonly held: number;
      readonly parameters: number;
      readonly step: number;
    }
  | {
      readonly kind: 'saved';
      readonly step: number;
      readonly reason: 'due' | 'stopped' | 'finished';
      /**
       * The model's folder in the store; undefined until an automatic objective is chosen and something learnt after
       * that.
       */
      readonly model: string | undefined;
      /** The best model by validation; undefined before the first. */
      readonly best: BestModel | undefined;
    }
  /** The mean scores of the held squares, restored by the averaged weights of a step. */
  | ({
      readonly kind: 'validated';
      readonly step: number;
      /** The scores of the untouched inputs. */
      readonly input: ValidationScores;
      /** The step with the best scores so far. */
      readonly bestStep: number;
    } & ValidationScores)
  /** A sample grid, by its name in the store. */
  | { readonly kind: 'samples'; readonly step: number; readonly name: string }
  /** Something failed that the run can do without. */
  | { readonly kind: 'warning'; readonly step: number; readonly message: string };
