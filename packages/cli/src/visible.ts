/** A line for a terminal, which obeys control characters: whatever a deployment or a user says in it is shown, and does nothing. */
export function visible(line: string): string {
  return line.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
