import type { Action, Fault, Plan } from "./plan.ts";

/** Runs of a world that finding a shorter plan may take. */
const runsMax = 600;

/**
 * A plan that fails like the given one and from which nothing more can be taken: items one by one and in groups (delta
 * debugging), then steps of scripts, nodes, users, devices, and whatever makes the world special.
 */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let best = plan;
  let runs = 0;
  const attempt = async (candidate: Plan): Promise<boolean> => {
    runs += 1;
    if (runs > runsMax || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (;;) {
    const before = JSON.stringify(best);
    await removeItems(() => best, attempt);
    for (const simplify of simplifications) {
      for (const candidate of simplify(best)) if (await attempt(candidate)) break;
    }
    if (JSON.stringify(best) === before || runs > runsMax) return best;
  }
}

type Item = { readonly action: Action } | { readonly fault: Fault };

/** Halves first, then smaller groups, then single items. */
async function removeItems(current: () => Plan, attempt: (plan: Plan) => Promise<boolean>): Promise<void> {
  for (let size = itemsOf(current()).length; size >= 1; size = Math.floor(size / 2)) {
    let from = 0;
    while (from < itemsOf(current()).length) {
      const items = itemsOf(current());
      const removed = await attempt(withItems(current(), [...items.slice(0, from), ...items.slice(from + size)]));
      if (!removed) from += size;
    }
  }
}

function itemsOf(plan: Plan): Item[] {
  return [...plan.actions.map((action) => ({ action })), ...plan.faults.map((fault) => ({ fault }))];
}

function withItems(plan: Plan, items: readonly Item[]): Plan {
  return {
    ...plan,
    actions: items.flatMap((item) => ("action" in item ? [item.action] : [])),
    faults: items.flatMap((item) => ("fault" in item ? [item.fault] : [])),
  };
}

/** Each gives plans that are simpler in one way; the first that still fails is taken. */
const simplifications: readonly ((plan: Plan) => Generator<Plan>)[] = [
  function* fewer(plan) {
    if (plan.nodes > 1) yield { ...plan, nodes: plan.nodes - 1 };
  },
  function* fewerUsers(plan) {
    if (plan.users > 1) yield { ...plan, users: plan.users - 1 };
  },
  function* fewerDevices(plan) {
    if (plan.devicesPerUser > 1) yield { ...plan, devicesPerUser: plan.devicesPerUser - 1 };
  },
  function* shorterScripts(plan) {
    for (const [index, action] of plan.actions.entries()) {
      if (!("script" in action)) continue;
      for (const step of action.script.keys()) {
        const script = action.script.toSpliced(step, 1);
        yield { ...plan, actions: plan.actions.with(index, { ...action, script }) };
      }
    }
  },
  function* lessLatency(plan) {
    for (const name of ["log", "commit"] as const) {
      if (plan.latencies[name][1] > 0) yield { ...plan, latencies: { ...plan.latencies, [name]: [0, 0] } };
    }
    // A network takes its time, or a connection would be open before it is made.
    const { network } = plan.latencies;
    if (network[1] > 1) yield { ...plan, latencies: { ...plan.latencies, network: [1, 1] } };
  },
];
