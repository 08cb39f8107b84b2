/** The worker's part of an executable: its sessions, its states, and where the states are. */
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-common';
import type { OpenSession, OrtBackend } from './backend.ts';
import { createDeviceStates, type DeviceStates, ON_DEVICE } from './device-states.ts';
import { createPassMemory, type PassMemory } from './pass-memory.ts';
import type { Model, ProgramEnds, Request, SessionSettings } from './protocol.ts';
import { sessionOptions } from './session-options.ts';

export interface LoadedProgram {
  readonly ends: ProgramEnds;
  /** Undefined if the program has only passes. */
  readonly session: InferenceSession | undefined;
}

export interface LoadedExecutable {
  readonly settings: SessionSettings;
  readonly programs: ReadonlyMap<string, LoadedProgram>;
  readonly states: Map<string, OrtTensor>;
  /** Second buffers of the states that cannot be written in place. */
  readonly spares: Map<string, OrtTensor>;
  /** If there are passes. */
  readonly passes: PassMemory | undefined;
  /** If the states are not in host memory. */
  readonly device: DeviceStates | undefined;
}

/** The next values of states stay on the device; everything else is copied back. */
function resultsOnDevice({ updates }: ProgramEnds): InferenceSession.SessionOptions {
  const written = Object.values(updates).map(({ output }) => [output, ON_DEVICE]);
  return written.length > 0 ? { preferredOutputLocation: Object.fromEntries(written) } : {};
}

/**
 * A program's session. A training step is not worth caching in optimised form: stored, it runs its nodes in another
 * order, in which recomputed values are computed early and kept; and most of its opening is spent planning memory
 * anyway.
 */
function openProgram(
  { open, openCached = open }: OrtBackend,
  model: Model,
  ends: ProgramEnds,
  settings: SessionSettings,
): Promise<InferenceSession> {
  const options = { ...sessionOptions(settings), ...(settings.device === 'webgpu' ? resultsOnDevice(ends) : {}) };
  return (ends.states.length > 0 ? open : openCached)(model, options);
}

/** Opens the sessions of an executable, and allocates its states. */
export async function loadExecutable(
  backend: OrtBackend,
  { settings, programs: allEnds, models, kernels, states: shapes }: Extract<Request, { kind: 'load' }>,
): Promise<LoadedExecutable> {
  const programs = new Map<string, LoadedProgram>();
  const open: OpenSession = (model, options) => backend.open(model, { ...sessionOptions(settings), ...options });
  try {
    for (const [name, ends] of Object.entries(allEnds)) {
      const model = models[name];
      programs.set(name, { ends, session: model && (await openProgram(backend, model, ends, settings)) });
    }
    const passes =
      kernels.length > 0 ? createPassMemory(backend.Tensor, shapes, Object.values(allEnds), kernels) : undefined;
    const device =
      settings.device === 'webgpu' && Object.keys(shapes).length > 0 ? await createDeviceStates(open) : undefined;
    const states = passes?.states ?? device?.states ?? new Map();
    return { settings, programs, states, spares: new Map(), passes, device };
  } catch (error) {
    for (const { session } of programs.values()) await session?.release();
    throw error;
  }
}

/** Frees an executable's states, then its sessions. */
export async function releaseExecutable({ programs, device }: LoadedExecutable): Promise<void> {
  await device?.release();
  for (const { session } of programs.values()) await session?.release();
}
