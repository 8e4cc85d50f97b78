/**
 * Most objects of an audit are gone with the file or the question that they were made for. By default a thread keeps 96 MiB of such
 * garbage, more than there are facts; with less room it takes no longer. It can only be set for a thread of its own.
 */
export const youngGeneration = { maxYoungGenerationSizeMb: 24 };
