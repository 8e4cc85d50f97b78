/** Answers a question without events or tools. */
export type Assistant = (question: string) => Promise<string>;
