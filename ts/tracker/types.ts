/** Options of {@link createTracker}. */
export interface TrackerOptions {
  /** Samples kept before a press, 1 to 100; 100 by default. */
  capacity?: number;
  /**
   * What a proof carries. `private`: 20 coarse numbers of the movement, no position and no time. `samples`: the
   * movement before the press. `private` by default.
   */
  mode?: 'private' | 'samples';
}

/** What was measured over a trajectory. Lengths in CSS px, times in ms. */
export interface TrajectoryFeatures {
  pathLength: number;
  durationMs: number;
  /** px/ms */
  meanVelocity: number;
  /** px/ms */
  peakVelocity: number;
  /** px/ms² */
  meanAcceleration: number;
  /** px/ms³ */
  meanJerk: number;
  /** Total turning per length, rad/px. */
  curvature: number;
  /** Chord over path, 0 to 1. */
  straightness: number;
  pauses: number;
  pauseMs: number;
  /** Press to release. */
  dwellMs?: number;
  /** Press point from the centre of the target, −½ to ½ of its box. */
  offsetX: number;
  offsetY: number;
}

/** What a person interacts with. */
export type InteractionKind = 'mouse' | 'touch' | 'pen' | 'keyboard' | 'assistive';

/** The last interaction, for drawing. It never leaves the page. */
export interface TrackerSnapshot {
  kind: InteractionKind;
  ageMs: number;
  /** `[t, x, y]`: ms before the press (≤ 0) and client coordinates in CSS px, oldest first. */
  points: [number, number, number][];
  /** `[t, px/ms]` */
  velocity: [number, number][];
  features: TrajectoryFeatures;
}

/** Watches pointer, touch, pen and keyboard activation, and makes proofs of the last one. */
export interface InteractionTracker {
  start(): void;
  stop(): void;
  readonly isRunning: boolean;
  /**
   * The encoded proof of the last interaction, bound to an action and a request; undefined when there
   * was none in the last 5 s, or it served four requests already.
   *
   * @param target path and query; the query always begins with `?`
   * @param digest the `Content-Digest` field value, or an empty string
   */
  proof(action: string, method: string, target: string, digest: string): Uint8Array<ArrayBuffer> | undefined;
  snapshot(): TrackerSnapshot | undefined;
  /** Stops, removes every listener and frees memory. The tracker can't be used afterwards. */
  dispose(): void;
}
