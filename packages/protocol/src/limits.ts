/**
 * Every limit of the system with its default. Served by `GET /v1/limits`; a server may be started with other values.
 * Names say the thing, then the unit, then the qualifier. PROTOCOL.md says what happens at each.
 */
export const defaultLimits = {
  // Frames and connections
  clientFrameBytesMax: 262_144,
  eventsFrameEventsMax: 512,
  eventsFrameBytesMax: 524_288,
  helloTimeoutMs: 10_000,
  heartbeatIntervalMs: 25_000,
  connectionBufferBytesMax: 1_048_576,
  connectionsPerUserMax: 64,
  connectionsMax: 20_000,
  commandsInFlightMax: 32,
  deliveryIntervalMs: 5,
  deliveryBurstMax: 4,
  ticketLifetimeMs: 30_000,
  drainTimeoutMs: 10_000,
  sessionCheckIntervalMs: 4_000,

  // Commands
  commandIdCharactersMax: 64,
  commandsPerMinuteMax: 300,
  refusedCommandsInRowMax: 200,
  signInAttemptsPerMinuteMax: 20,
  idempotencyRetentionMs: 172_800_000,
  messageTextCharactersMax: 65_536,
  titleCharactersMax: 200,
  threadsPerUserMax: 10_000,
  queuedRunsPerThreadMax: 16,

  // Log
  appendEventsMax: 1_024,
  appendBytesMax: 8_388_608,
  readEventsMax: 1_024,
  readBytesMax: 4_194_304,
  appendsPendingMax: 100_000,
  feedStatesMax: 10_000,
  compactionDelayMs: 60_000,
  retentionSweepIntervalMs: 3_600_000,
  epochsMax: 10_000,
  epochStartsPerFeedMax: 16,

  // Runs
  runsPerUserMax: 8,
  runsPerNodeMax: 512,
  runDurationMsMax: 900_000,
  runAttemptsMax: 5,
  stepsPerRunMax: 32,
  leaseDurationMs: 30_000,
  leaseRenewIntervalMs: 10_000,
  stopGraceMs: 3_000,
  answerCharactersMax: 1_048_576,
  deltaIntervalMs: 25,
  deltaCharactersMax: 8_192,
  contextMessagesMax: 100,
  modelIdleTimeoutMs: 120_000,

  // Tools
  toolInputBytesMax: 65_536,
  toolOutputBytesMax: 262_144,
  toolDurationMsMax: 60_000,
  toolCallsPerRunMax: 128,
  toolCallsConcurrentMax: 8,
  toolCallsPerMinuteMax: 240,
  approvalTimeoutMs: 600_000,

  // The default agent's stores and calculator
  notesPerUserMax: 1_000,
  noteCharactersMax: 4_096,
  documentsPerUserMax: 200,
  documentBytesMax: 1_048_576,
  calculationDurationMsMax: 3_000,
  calculationHeapBytesMax: 134_217_728,
  calculationsPerUserMax: 16,
  calculationsMax: 512,

  // Quality
  qualityRevisionsMax: 3,
  qualityJudgeDurationMsMax: 20_000,
  qualityJudgeTextCharactersMax: 16_384,
  qualityRetentionMs: 7_776_000_000,
  qualityWindowHoursMax: 744,
  qualitySubscribersPerTenantMax: 100,
  qualityAlertsListedMax: 50,

  // Snapshots
  snapshotThreadsMax: 500,
  snapshotMessagesMax: 200,
} as const satisfies Record<string, number>;

export type LimitName = keyof typeof defaultLimits;
export type Limits = Readonly<Record<LimitName, number>>;
