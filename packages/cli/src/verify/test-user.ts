/** A test user with two devices, one over each transport, which go through one journey at a time. */
import type { Credential, Person } from "./credentials.ts";
import type { Deployment } from "./deployment.ts";
import { Device, type Transport } from "./device.ts";
import { DeviceWatch, type Timeline } from "./device-watch.ts";
import { newCanary } from "./marks.ts";

/** What another user knows of this one's newest thread, to try it. */
export interface Target {
  readonly threadId: string;
  readonly runId: string;
  readonly callId: string | undefined;
}

export class TestUser {
  readonly label: string;
  readonly canary = newCanary();
  readonly person: Person;
  readonly devices: readonly [Device, Device];
  userId: string | undefined;
  /** The newest thread that is still there. */
  target: Target | undefined;
  /** Threads that were made and not deleted. */
  readonly threads = new Set<string>();
  readonly #timeline: Timeline = new Map();

  constructor(deployment: Deployment, person: Person) {
    this.label = person.label;
    this.person = person;
    deployment.observer.marks.claim(this.canary, this.label);
    const device = (transport: Transport, credential: Credential) =>
      new Device({
        deployment,
        user: this.label,
        transport,
        watch: new DeviceWatch(deployment.observer, this.label, transport, this.#timeline),
        credential: () => credential.headers(),
        onWelcome: (userId) => {
          if (this.userId !== undefined && this.userId !== userId) {
            deployment.observer.add("leak", this.label, `a welcome for ${userId}, who is somebody else`);
          }
          this.userId ??= userId;
          deployment.observer.marks.claimUserId(this.userId, this.label);
        },
      });
    this.devices = [device("WebSocket", person.credentials[0]), device("SSE", person.credentials[1])];
  }

  /** The devices have been shown the same up to here: what they agreed on need not be kept. */
  forget(): void {
    for (const device of this.devices) device.forget();
    this.#timeline.clear();
  }
}
