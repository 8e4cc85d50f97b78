/** What a run is started with. */
export interface RunRequest {
  readonly runId: string;
  readonly threadId: string;
  readonly userId?: string;
  readonly text: string;
}
