/**
 * `rddm help sampling`: the options of the reverse process, which `rddm restore` and `rddm sample` share, explained at length
 * for whoever follows the paper. A topic is a hidden command whose help is its text.
 */
import type { Command } from 'commander';

const text = `
The reverse process starts at the input with noise, I_T = I_in + betaBar_T * noise, and walks back to the clean image
in --steps steps. Each step asks the network for the residual, the noise or both, and moves by Eq. 12 of the paper.
Without options, every setting is the one that the model was trained for.

Which steps
  --steps N             at how many of the T times the network runs
  --times linspace      times from T - 1 to 0, evenly spaced: the paper's
  --times leading       multiples of T / N, rounded down: the spacing of DDIM

What the network's predictions mean
  --method residual     SM-Res: use the predicted residual, and derive the noise from it
  --method noise        SM-N: use the predicted noise, and derive the residual from it
  --method residual-noise  SM-Res-N: use both (networks that predict both)
  --clip reference      clip predicted images to [-1, 1], as the published code does; none: do not (rddm sample)

How an image becomes the next one
  --update difference   subtract the differences of the coefficients (Eq. 12)
  --update mixture      mix estimated clean image, residual and noise again, as DDIM does
  --update implied-noise  the same, with the noise that the estimated clean image implies
  --eta X               share of fresh noise in a step: 0 is deterministic (Eq. 13), 1 fully random
  --variance sum-constrained  the variance that eta scales, as in the paper
  --variance ddpm       the posterior variance of DDPM
  --noise-strength X    final variance of the noise, betaBar_T squared, instead of training's

Other coefficients than in training (Algorithm 1)
  --adjust alpha        alpha follows P(1-x, a), with the exponent --adjust-alpha a
  --adjust beta         beta squared follows P(x, b), with the exponent --adjust-beta b
  --adjust both         both of them
  --adjust-index matched  a network that is given the time index gets the index whose training coefficients match best
  --adjust-index kept   it keeps the old index: the paper's experiment in which denoising fails (Fig. 5e)

Other paths through the plane of residual and noise (section 5)
  --path together       residual and noise fall at once, along the schedule
  --path residual-first, --path noise-first  one after the other
  --path "1,1 0.5,1 0,0"  the states themselves, as points "alphaBar,betaBar": one step from each to the next

What else a researcher may want
  --all-steps DIR       write NAME-step-0.png (the input with noise) to the restored picture (rddm restore)
  --composite           inpainting: put the known pixels, outside of the mask, back over the result (rddm restore)
  --precision float16   compute in 16 bits, on graphics cards that have them (rddm restore)
  --start unit-noise    start with noise of variance 1; noise-strength: of variance betaBar_T squared (rddm sample)

Examples:
  $ rddm restore photo.jpg --steps 5 --eta 1 --seed 3
  $ rddm restore photo.jpg --path residual-first --all-steps steps
  $ rddm sample --model faces --adjust both --adjust-alpha 3 --adjust-beta 0.5 --out readjusted.png`;

/** Adds the topic, which `rddm help sampling` prints. */
export function registerSamplingTopic(program: Command): void {
  const topic: Command = program
    .command('sampling', { hidden: true })
    .usage(' ')
    .description('The options of the reverse process, for rddm restore and rddm sample.')
    .helpOption(false)
    .addHelpText('after', text)
    .action(() => topic.help());
}
