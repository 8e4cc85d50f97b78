import type { Observation } from "./observation.ts";

type WithoutTime<Each> = Each extends unknown ? Omit<Each, "at"> : never;

/** An observation as whoever makes it knows it; the world adds the time. */
export type Unstamped = WithoutTime<Observation>;

export type Observe = (observation: Unstamped) => void;
